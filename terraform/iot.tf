# Yours: the certificate, the thing and the topic rules.
