# Given: the names on the right have to match the names of your resources.

output "iot_endpoint" {
  description = "The host that the devices connect to"
  value       = data.aws_iot_endpoint.iot_endpoint.endpoint_address
}

resource "local_sensitive_file" "certificate" {
  content         = aws_iot_certificate.cert.certificate_pem
  filename        = "${path.module}/files/test.cert.pem"
  file_permission = "0600"
}

resource "local_sensitive_file" "private_key" {
  content         = aws_iot_certificate.cert.private_key
  filename        = "${path.module}/files/test.private.key"
  file_permission = "0600"
}

resource "local_sensitive_file" "public_key" {
  content         = aws_iot_certificate.cert.public_key
  filename        = "${path.module}/files/test.public.key"
  file_permission = "0600"
}
