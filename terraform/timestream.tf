# Yours: the database and the table of the valid readings.
