resource "aws_security_group" "broker" {
  name        = "${var.name}-broker"
  description = "AMQP over TLS and the management API from the nodes"
  vpc_id      = aws_vpc.main.id
  dynamic "ingress" {
    for_each = { "AMQP over TLS" = 5671, "management API, for KEDA" = 443 }
    content {
      description     = ingress.key
      from_port       = ingress.value
      to_port         = ingress.value
      protocol        = "tcp"
      security_groups = [aws_eks_cluster.main.vpc_config[0].cluster_security_group_id]
    }
  }
}

# Three nodes in three zones, AMQP only over TLS.
resource "aws_mq_broker" "main" {
  broker_name                = var.name
  engine_type                = "RabbitMQ"
  engine_version             = "4.2"
  host_instance_type         = var.broker_class
  deployment_mode            = "CLUSTER_MULTI_AZ"
  subnet_ids                 = aws_subnet.servers[*].id
  security_groups            = [aws_security_group.broker.id]
  publicly_accessible        = false
  auto_minor_version_upgrade = true
  encryption_options {
    use_aws_owned_key = false
    kms_key_id        = aws_kms_key.main.arn
  }
  logs {
    general = true
  }
  user {
    username = "harvestman"
    password = random_password.broker.result
  }
}
