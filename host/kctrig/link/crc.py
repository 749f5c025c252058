"""The CRC of the wire on the host, bound in one place: CRC-32/ISO-HDLC, check value 0xCBF43926."""

from crcmod.predefined import mkPredefinedCrcFun

crc32 = mkPredefinedCrcFun("crc-32")
