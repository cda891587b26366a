# Raw pages, and nothing else.
resource "aws_s3_bucket" "raw" {
  #checkov:skip=CKV_AWS_18:who reads is known, three roles; CloudTrail data events tell more where they are wanted
  #checkov:skip=CKV_AWS_144:raw pages can be fetched again; a second region doubles the largest part of the bill
  #checkov:skip=CKV2_AWS_62:nothing listens; the parser is told by the broker
  bucket = "${var.name}-raw-${local.account}"
}

resource "aws_s3_bucket_public_access_block" "raw" {
  bucket                  = aws_s3_bucket.raw.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "raw" {
  bucket = aws_s3_bucket.raw.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "raw" {
  bucket = aws_s3_bucket.raw.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "raw" {
  bucket = aws_s3_bucket.raw.id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.main.arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "raw" {
  #checkov:skip=CKV_AWS_300:the rule "leftovers" does this for the whole bucket; the check wants it in every rule
  bucket = aws_s3_bucket.raw.id
  rule {
    id     = "leftovers"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
    noncurrent_version_expiration {
      noncurrent_days = 14
    }
  }
  dynamic "rule" {
    for_each = var.raw_days.infrequent > 0 ? [var.raw_days.infrequent] : []
    content {
      id     = "infrequent"
      status = "Enabled"
      filter {}
      transition {
        days          = rule.value
        storage_class = "STANDARD_IA"
      }
    }
  }
  dynamic "rule" {
    for_each = var.raw_days.expire > 0 ? [var.raw_days.expire] : []
    content {
      id     = "expire"
      status = "Enabled"
      filter {}
      expiration {
        days = rule.value
      }
    }
  }
  depends_on = [aws_s3_bucket_versioning.raw]
}

resource "aws_s3_bucket_policy" "raw" {
  bucket = aws_s3_bucket.raw.id
  policy = data.aws_iam_policy_document.raw.json
}

data "aws_iam_policy_document" "raw" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.raw.arn, "${aws_s3_bucket.raw.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
