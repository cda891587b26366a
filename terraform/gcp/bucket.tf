# Raw pages, and nothing else.
resource "google_storage_bucket" "raw" {
  #checkov:skip=CKV_GCP_62:who reads is known, three identities; audit logs of data access tell more where they are wanted
  name                        = "${var.project}-${var.name}-raw"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  versioning {
    enabled = true
  }
  encryption {
    default_kms_key_name = google_kms_crypto_key.main.id
  }
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age = var.raw_days.infrequent
    }
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = var.raw_days.expire
    }
  }
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 14
    }
  }
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 2
    }
  }
  depends_on = [google_kms_crypto_key_iam_member.agents]
}
