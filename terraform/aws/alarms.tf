# What the cloud's servers themselves say. The pipeline's own alerts are Prometheus rules, see docs/RUNBOOK.md.
resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.main.arn
}

resource "aws_sns_topic_subscription" "email" {
  count     = var.alarm_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  database = { DBInstanceIdentifier = aws_db_instance.main.identifier }
  broker   = { Broker = aws_mq_broker.main.broker_name }
  alarms = {
    database-cpu         = { of = local.database, namespace = "AWS/RDS", metric = "CPUUtilization", op = "GreaterThanThreshold", at = 80 }
    database-disk        = { of = local.database, namespace = "AWS/RDS", metric = "FreeStorageSpace", op = "LessThanThreshold", at = 10737418240 }
    database-memory      = { of = local.database, namespace = "AWS/RDS", metric = "FreeableMemory", op = "LessThanThreshold", at = 268435456 }
    database-connections = { of = local.database, namespace = "AWS/RDS", metric = "DatabaseConnections", op = "GreaterThanThreshold", at = 400 }
    broker-messages      = { of = local.broker, namespace = "AWS/AmazonMQ", metric = "MessageReadyCount", op = "GreaterThanThreshold", at = 50000 }
    broker-cpu           = { of = local.broker, namespace = "AWS/AmazonMQ", metric = "SystemCpuUtilization", op = "GreaterThanThreshold", at = 80 }
  }
}

resource "aws_cloudwatch_metric_alarm" "servers" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.of
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = each.value.op
  threshold           = each.value.at
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
