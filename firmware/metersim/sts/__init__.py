"""STS tokens as a meter sees them: 20 digits, ciphers (sample tables only), fields, amounts, token identifiers."""
