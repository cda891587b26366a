resource "aws_db_subnet_group" "main" {
  name       = var.name
  subnet_ids = aws_subnet.servers[*].id
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "Postgres from the nodes"
  vpc_id      = aws_vpc.main.id
  ingress {
    description     = "Postgres from the cluster's nodes"
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_eks_cluster.main.vpc_config[0].cluster_security_group_id]
  }
}

resource "aws_db_parameter_group" "main" {
  name_prefix = "${var.name}-"
  family      = "postgres17"
  dynamic "parameter" {
    for_each = {
      "rds.force_ssl"                       = "1"
      "log_min_duration_statement"          = "1000"
      "log_statement"                       = "ddl"
      "idle_in_transaction_session_timeout" = "60000"
      # The queue's rows live for minutes: vacuum must come often and get on.
      "autovacuum_naptime"           = "10"
      "autovacuum_vacuum_cost_limit" = "2000"
    }
    content {
      name  = parameter.key
      value = parameter.value
    }
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "main" {
  #checkov:skip=CKV2_AWS_69:rds.force_ssl is set in the parameter group, in a dynamic block that the check does not read
  identifier                            = var.name
  engine                                = "postgres"
  engine_version                        = "17"
  instance_class                        = var.database.class
  storage_type                          = "gp3"
  allocated_storage                     = var.database.storage_gb
  max_allocated_storage                 = var.database.max_storage_gb
  storage_encrypted                     = true
  kms_key_id                            = aws_kms_key.main.arn
  db_name                               = "harvestman"
  username                              = "harvestman"
  password                              = module.secrets.owner_password
  multi_az                              = true
  publicly_accessible                   = false
  db_subnet_group_name                  = aws_db_subnet_group.main.name
  vpc_security_group_ids                = [aws_security_group.database.id]
  parameter_group_name                  = aws_db_parameter_group.main.name
  backup_retention_period               = 14
  copy_tags_to_snapshot                 = true
  deletion_protection                   = true
  final_snapshot_identifier             = "${var.name}-final"
  auto_minor_version_upgrade            = true
  iam_database_authentication_enabled   = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.main.arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.database_monitoring.arn
}

resource "aws_iam_role" "database_monitoring" {
  name               = "${var.name}-database-monitoring"
  assume_role_policy = data.aws_iam_policy_document.database_monitoring_assume.json
}

data "aws_iam_policy_document" "database_monitoring_assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "database_monitoring" {
  role       = aws_iam_role.database_monitoring.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}
