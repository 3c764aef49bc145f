terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
    local = {
      source  = "hashicorp/local"
      version = "~> 2.5"
    }
  }
}

# The region and the credentials come from the environment, so this file is the
# same for the embedded AWS and for a real account.
provider "aws" {
  default_tags {
    tags = {
      workbook = "practical-aws-iot"
    }
  }
}
