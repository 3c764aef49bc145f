# Yours: the table of the invalid readings.
