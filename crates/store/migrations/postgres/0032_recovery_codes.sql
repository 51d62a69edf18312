-- A recovery code is kept as a mark that only the program's key makes: one that was put here opens nothing. Those
-- of before were plain hashes, which anybody can make; they end with the update.
DELETE FROM recovery_code;
