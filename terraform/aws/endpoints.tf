# AWS's services under private addresses, so that a parser reaches the bucket and nothing else of the internet.
resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "HTTPS from the nodes to the private addresses of AWS services"
  vpc_id      = aws_vpc.main.id
  ingress {
    description = "HTTPS from the network"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = [var.cidr]
  }
}

# Only by this does the S3 endpoint below get its private name; it carries the servers' subnets, which send nothing.
resource "aws_vpc_endpoint" "s3_gateway" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.servers.id]
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.servers[*].id
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  dns_options {
    private_dns_only_for_inbound_resolver_endpoint = false
  }
  depends_on = [aws_vpc_endpoint.s3_gateway]
}

resource "aws_vpc_endpoint" "others" {
  for_each            = toset(["sts", "secretsmanager", "ecr.api", "ecr.dkr", "logs"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.${var.region}.${each.value}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.servers[*].id
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
}
