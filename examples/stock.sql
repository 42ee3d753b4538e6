-- A database in memory for `faultline agent --sql examples/stock.sql`.
CREATE TABLE parts (name TEXT PRIMARY KEY, left_over INTEGER NOT NULL, needed INTEGER NOT NULL);
INSERT INTO parts VALUES ('bolt', 3, 40), ('nut', 120, 40), ('washer', 61, 40);
