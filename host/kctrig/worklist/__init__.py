"""Work lists as they come out of a spreadsheet, row by row, nothing guessed."""
