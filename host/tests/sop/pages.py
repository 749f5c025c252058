"""The customer's page of P2APST as the SOP has it: pasted from a scan, parted by tabs in the middle of words."""

LABELS = (
    "IDPEL\t\t(masked)\t\t\t\t\n"
    "DISTRIBUSI\t: UII\tD JAWA\tBARAT\t\t\t\n"
    "RAYON / UNIT\t: UL\tP BALE\tENDAH - U\tP3 MAJAL\tAYA\t\n"
    "NAMA\t\t(masked)\t\t\t\t\n"
    "ALAMAT\t: (masked)\n"
    "MERK-TYPE METER\t:HE\tXING/H\tXE116-KP\t\t\t\n"
    "TGLPSG/KDJMUT/TGLJM\tUT : 26-\t: 26-01-2021/D/26-01-2021\t\t\n"
    "KODESTATUS/KIRIM/TGU\tPDATE:1/\t1 / 26-01\t-2021/13:00\t:00 A\t\t\n"
    "TANGGAL AKTIF/NONAK\tTIF : ()\t7-02-\t20197\t\t\n"
)
TABLE_HEAD = (
    "\t\t\tTGL\tJAM\t\t\t\n"
    "STATUS IDPEL\tTARIP\tAYA\tTGL BAYAR\t\tRPPTL\tRPPPN\tRPBPJU\tRPMAT\tRPANGS\tRPBELI\tPEMKWH\tномон\n"
)
TABLE_ROW_WITHOUT_A_DATE = "STATUS IDPEL SOLD (masked)\t\t\t\tBAYAR\tRPPTL 18,867\tRPPPN 0\tRPBPJU 1,133\t\tRPANGS 0\t20,000\t\tNOMOF 136512544\n"
SENTENCES = (
    "Contoh sesuai capture di atas :\n\n✓ **Tgl. Update** : 26-01-2021, Pukul 13.00\n\n"
    "✓ **Tgl. Beli Token** : 26-01-2021, Pukul 06.19 & 08.21\n"
)
AS_IN_THE_SOP = LABELS + TABLE_HEAD + TABLE_ROW_WITHOUT_A_DATE + "\n" + SENTENCES
OTHER_EXAMPLE = "Contoh:\n\n✓ Tgl. Update: 27-01-2021\n\n✓ Tgl. Beli Token: 28-01-2021\n"
BROKEN_TABLE = (
    LABELS
    + TABLE_HEAD
    + "SOLD (masked)\tR1M\tT 900\t26-01\t-2021\t06:19\t:44\t18,867 0 1,133\t0\t20,000\t13.90\n"
    + "SOLD (masked) R1MT 900 2\t6-01-20\t21 08:2\t1:07 18.867 10.50\n"
)
