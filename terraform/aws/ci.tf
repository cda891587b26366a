# The pipeline of one GitHub repository: it pushes images and deploys into the namespace, without a stored key.
locals {
  ci = var.github_repository == "" ? 0 : 1
}

resource "aws_iam_openid_connect_provider" "github" {
  count          = local.ci
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "ci_assume" {
  count = local.ci
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github[0].arn]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.github_repository}:ref:refs/heads/main", "repo:${var.github_repository}:environment:production"]
    }
  }
}

resource "aws_iam_role" "ci" {
  count              = local.ci
  name               = "${var.name}-ci"
  assume_role_policy = data.aws_iam_policy_document.ci_assume[0].json
}

data "aws_iam_policy_document" "ci" {
  statement {
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [for r in aws_ecr_repository.images : r.arn]
  }
  statement {
    actions   = ["eks:DescribeCluster"]
    resources = [aws_eks_cluster.main.arn]
  }
  # Logging in to the registry is not bound to a repository.
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "ci" {
  count  = local.ci
  role   = aws_iam_role.ci[0].id
  policy = data.aws_iam_policy_document.ci.json
}

# What this group may do is said in k8s/access.
resource "aws_eks_access_entry" "ci" {
  count             = local.ci
  cluster_name      = aws_eks_cluster.main.name
  principal_arn     = aws_iam_role.ci[0].arn
  kubernetes_groups = ["harvestman:deployers"]
}
