"""EA11: MISTY1, a 64-bit block under a 128-bit key, as RFC 2994 says it.

Everything is kept in 16-bit halves, because an integer above 30 bits costs an allocation on a 32-bit MicroPython.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    RoundKey = tuple[int, int, int, int, int, int, int, int, int, int]
    Halves = tuple[int, int]

S7 = (
    27, 50, 51, 90, 59, 16, 23, 84, 91, 26, 114, 115, 107, 44, 102, 73, 31, 36, 19, 108, 55, 46, 63, 74,
    93, 15, 64, 86, 37, 81, 28, 4, 11, 70, 32, 13, 123, 53, 68, 66, 43, 30, 65, 20, 75, 121, 21, 111,
    14, 85, 9, 54, 116, 12, 103, 83, 40, 10, 126, 56, 2, 7, 96, 41, 25, 18, 101, 47, 48, 57, 8, 104,
    95, 120, 42, 76, 100, 69, 117, 61, 89, 72, 3, 87, 124, 79, 98, 60, 29, 33, 94, 39, 106, 112, 77, 58,
    1, 109, 110, 99, 24, 119, 35, 5, 38, 118, 0, 49, 45, 122, 127, 97, 80, 34, 17, 6, 71, 22, 82, 78,
    113, 62, 105, 67, 52, 92, 88, 125,
)  # fmt: skip
S9 = (
    451, 203, 339, 415, 483, 233, 251, 53, 385, 185, 279, 491, 307, 9, 45, 211, 199, 330, 55, 126, 235, 356,
    403, 472, 163, 286, 85, 44, 29, 418, 355, 280, 331, 338, 466, 15, 43, 48, 314, 229, 273, 312, 398, 99,
    227, 200, 500, 27, 1, 157, 248, 416, 365, 499, 28, 326, 125, 209, 130, 490, 387, 301, 244, 414, 467, 221,
    482, 296, 480, 236, 89, 145, 17, 303, 38, 220, 176, 396, 271, 503, 231, 364, 182, 249, 216, 337, 257, 332,
    259, 184, 340, 299, 430, 23, 113, 12, 71, 88, 127, 420, 308, 297, 132, 349, 413, 434, 419, 72, 124, 81,
    458, 35, 317, 423, 357, 59, 66, 218, 402, 206, 193, 107, 159, 497, 300, 388, 250, 406, 481, 361, 381, 49,
    384, 266, 148, 474, 390, 318, 284, 96, 373, 463, 103, 281, 101, 104, 153, 336, 8, 7, 380, 183, 36, 25,
    222, 295, 219, 228, 425, 82, 265, 144, 412, 449, 40, 435, 309, 362, 374, 223, 485, 392, 197, 366, 478, 433,
    195, 479, 54, 238, 494, 240, 147, 73, 154, 438, 105, 129, 293, 11, 94, 180, 329, 455, 372, 62, 315, 439,
    142, 454, 174, 16, 149, 495, 78, 242, 509, 133, 253, 246, 160, 367, 131, 138, 342, 155, 316, 263, 359, 152,
    464, 489, 3, 510, 189, 290, 137, 210, 399, 18, 51, 106, 322, 237, 368, 283, 226, 335, 344, 305, 327, 93,
    275, 461, 121, 353, 421, 377, 158, 436, 204, 34, 306, 26, 232, 4, 391, 493, 407, 57, 447, 471, 39, 395,
    198, 156, 208, 334, 108, 52, 498, 110, 202, 37, 186, 401, 254, 19, 262, 47, 429, 370, 475, 192, 267, 470,
    245, 492, 269, 118, 276, 427, 117, 268, 484, 345, 84, 287, 75, 196, 446, 247, 41, 164, 14, 496, 119, 77,
    378, 134, 139, 179, 369, 191, 270, 260, 151, 347, 352, 360, 215, 187, 102, 462, 252, 146, 453, 111, 22, 74,
    161, 313, 175, 241, 400, 10, 426, 323, 379, 86, 397, 358, 212, 507, 333, 404, 410, 135, 504, 291, 167, 440,
    321, 60, 505, 320, 42, 341, 282, 417, 408, 213, 294, 431, 97, 302, 343, 476, 114, 394, 170, 150, 277, 239,
    69, 123, 141, 325, 83, 95, 376, 178, 46, 32, 469, 63, 457, 487, 428, 68, 56, 20, 177, 363, 171, 181,
    90, 386, 456, 468, 24, 375, 100, 207, 109, 256, 409, 304, 346, 5, 288, 443, 445, 224, 79, 214, 319, 452,
    298, 21, 6, 255, 411, 166, 67, 136, 80, 351, 488, 289, 115, 382, 188, 194, 201, 371, 393, 501, 116, 460,
    486, 424, 405, 31, 65, 13, 442, 50, 61, 465, 128, 168, 87, 441, 354, 328, 217, 261, 98, 122, 33, 511,
    274, 264, 448, 169, 285, 432, 422, 205, 243, 92, 258, 91, 473, 324, 502, 173, 165, 58, 459, 310, 383, 70,
    225, 30, 477, 230, 311, 506, 389, 140, 143, 64, 437, 190, 120, 0, 172, 272, 350, 292, 2, 444, 162, 234,
    112, 508, 278, 348, 76, 450,
)  # fmt: skip
"""The two substitution tables of RFC 2994, 7 and 9 bits wide."""


def _fi(value: int, key: int) -> int:
    """FI of the RFC, for the key schedule; `_fo` has it written out."""
    nine = S9[value >> 7] ^ value & 127
    seven = S7[value & 127] ^ nine & 127 ^ key >> 9
    return seven << 9 | S9[nine ^ key & 511] ^ seven


def _fo(high: int, low: int, key: "RoundKey") -> "Halves":
    """FO of the RFC on two 16-bit halves."""
    s7 = S7
    s9 = S9
    ko1, ki1_7, ki1_9, ko2, ki2_7, ki2_9, ko3, ki3_7, ki3_9, ko4 = key
    high ^= ko1
    nine = s9[high >> 7] ^ high & 127
    seven = s7[high & 127] ^ nine & 127 ^ ki1_7
    high = (seven << 9 | s9[nine ^ ki1_9] ^ seven) ^ low
    low ^= ko2
    nine = s9[low >> 7] ^ low & 127
    seven = s7[low & 127] ^ nine & 127 ^ ki2_7
    low = (seven << 9 | s9[nine ^ ki2_9] ^ seven) ^ high
    high ^= ko3
    nine = s9[high >> 7] ^ high & 127
    seven = s7[high & 127] ^ nine & 127 ^ ki3_7
    high = (seven << 9 | s9[nine ^ ki3_9] ^ seven) ^ low
    return low ^ ko4, high


class Misty1:
    """MISTY1 with eight rounds under one 128-bit key."""

    __slots__ = ("_fl", "_fo")

    def __init__(self, key: bytes) -> None:
        """Take a 16-byte decoder key, most significant byte first; ValueError for another length."""
        if len(key) != 16:
            raise ValueError("EA11 needs a key of 16 bytes, this has %d" % len(key))
        k = [key[2 * i] << 8 | key[2 * i + 1] for i in range(8)]
        s = [_fi(k[i], k[(i + 1) & 7]) for i in range(8)]
        rounds = []  # type: list[RoundKey]
        for i in range(8):
            a, b, c = s[(i + 5) & 7], s[(i + 1) & 7], s[(i + 3) & 7]
            first = (k[i], a >> 9, a & 511)
            second = (k[(i + 2) & 7], b >> 9, b & 511)
            third = (k[(i + 7) & 7], c >> 9, c & 511, k[(i + 4) & 7])
            rounds.append(first + second + third)
        layers = []  # type: list[tuple[int, int, int, int]]
        for i in range(5):
            # The two FL functions before round 2 i: and-key and or-key of the left half, then of the right.
            layers.append((k[i], s[(i + 6) & 7], s[(i + 2) & 7], k[(i + 4) & 7]))
        self._fo = rounds
        self._fl = layers

    def encrypt(self, block: int) -> int:
        """The encrypted 64-bit block of a clear one."""
        a = block >> 48
        b = block >> 32 & 0xFFFF
        c = block >> 16 & 0xFFFF
        d = block & 0xFFFF
        for i in range(4):
            left_and, left_or, right_and, right_or = self._fl[i]
            b ^= a & left_and
            a ^= b | left_or
            d ^= c & right_and
            c ^= d | right_or
            x, y = _fo(a, b, self._fo[2 * i])
            c ^= x
            d ^= y
            x, y = _fo(c, d, self._fo[2 * i + 1])
            a ^= x
            b ^= y
        left_and, left_or, right_and, right_or = self._fl[4]
        b ^= a & left_and
        a ^= b | left_or
        d ^= c & right_and
        c ^= d | right_or
        return c << 48 | d << 32 | a << 16 | b

    def decrypt(self, block: int) -> int:
        """The clear 64-bit block of an encrypted one."""
        c = block >> 48
        d = block >> 32 & 0xFFFF
        a = block >> 16 & 0xFFFF
        b = block & 0xFFFF
        left_and, left_or, right_and, right_or = self._fl[4]
        a ^= b | left_or
        b ^= a & left_and
        c ^= d | right_or
        d ^= c & right_and
        for i in (3, 2, 1, 0):
            x, y = _fo(c, d, self._fo[2 * i + 1])
            a ^= x
            b ^= y
            x, y = _fo(a, b, self._fo[2 * i])
            c ^= x
            d ^= y
            left_and, left_or, right_and, right_or = self._fl[i]
            a ^= b | left_or
            b ^= a & left_and
            c ^= d | right_or
            d ^= c & right_and
        return a << 48 | b << 32 | c << 16 | d
