# What each service may do to the bucket, bound to its Kubernetes service account (IRSA). A worker writes, and asks for one object to see whether the bucket is there; parsers and API read,
# and the API keeps exports there.
resource "aws_iam_openid_connect_provider" "cluster" {
  url            = aws_eks_cluster.main.identity[0].oidc[0].issuer
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  issuer = replace(aws_iam_openid_connect_provider.cluster.url, "https://", "")
  accounts = {
    worker  = "worker"
    parser  = "parser"
    api     = "api"
    secrets = "secrets-reader"
  }
}

data "aws_iam_policy_document" "assume" {
  for_each = local.accounts
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.cluster.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:harvestman:${each.value}"]
    }
    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "service" {
  for_each           = local.accounts
  name               = "${var.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.assume[each.key].json
}

data "aws_iam_policy_document" "worker" {
  statement {
    actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.raw.arn}/*"]
  }
  # Whether it is ready it sees by asking for one object, which nobody makes; without the list a missing object looks like a forbidden one.
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.raw.arn}/*runs/0/none.warc.gz"]
  }
  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.raw.arn]
  }
  statement {
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [aws_kms_key.main.arn]
  }
}

data "aws_iam_policy_document" "reader" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.raw.arn}/*"]
  }
  # Without this a missing object looks like a forbidden one.
  statement {
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.raw.arn]
  }
  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.main.arn]
  }
}

# The API reads all, and may make, delete and give up what has an export's name.
data "aws_iam_policy_document" "api" {
  source_policy_documents = [data.aws_iam_policy_document.reader.json]
  statement {
    actions   = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.raw.arn}/*runs/*/export-*"]
  }
  statement {
    actions   = ["s3:ListBucketMultipartUploads"]
    resources = [aws_s3_bucket.raw.arn]
  }
  statement {
    actions   = ["kms:GenerateDataKey"]
    resources = [aws_kms_key.main.arn]
  }
}

data "aws_iam_policy_document" "secrets" {
  statement {
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    resources = [for s in aws_secretsmanager_secret.service : s.arn]
  }
  statement {
    actions   = ["kms:Decrypt"]
    resources = [aws_kms_key.main.arn]
  }
}

resource "aws_iam_role_policy" "service" {
  for_each = {
    worker  = data.aws_iam_policy_document.worker.json
    parser  = data.aws_iam_policy_document.reader.json
    api     = data.aws_iam_policy_document.api.json
    secrets = data.aws_iam_policy_document.secrets.json
  }
  role   = aws_iam_role.service[each.key].id
  policy = each.value
}
