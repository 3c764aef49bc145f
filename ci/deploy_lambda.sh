#!/usr/bin/env bash
# Deploys the packed Lambda, and waits until it is the one that runs.
#   ci/deploy_lambda.sh [FUNCTION] [ZIP]
# The AWS CLI finds account and region in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
# AWS_DEFAULT_REGION, or in your profile; the embedded AWS in what `lab start` prints.
set -euo pipefail

function="${1:-ac_control_lambda}"
zip="${2:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/$function.zip}"

fail() {
  printf 'deploy_lambda: %s\nWhat to do: %s\n' "$1" "$2" >&2
  exit 1
}

# What to do about the AWS CLI's error.
advice() {
  case "$1" in
    *"Unable to locate credentials"* | *"could not be found"*)
      echo "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; in GitLab, under Settings > CI/CD > Variables." ;;
    *"specify a region"*)
      echo "set AWS_DEFAULT_REGION, for instance to eu-west-1." ;;
    *ResourceNotFoundException*)
      echo "make the function first, with Terraform (lab terraform apply), in this account and region." ;;
    *AccessDenied*)
      echo "allow the user lambda:UpdateFunctionCode on this function." ;;
    *UnrecognizedClient* | *InvalidClientTokenId* | *ExpiredToken* | *SignatureDoesNotMatch* | *InvalidSignature*)
      echo "AWS does not accept the access key: it is wrong, deleted or expired." ;;
    *ResourceConflictException*)
      echo "an earlier change of the function is still going on: try again in a minute." ;;
    *"connect to the endpoint"*)
      echo "the embedded AWS is down, or has another address since its restart: eval \"\$(lab start)\"." ;;
    *)
      echo "see the message of the AWS CLI." ;;
  esac
}

command -v aws >/dev/null || fail "there is no AWS CLI on PATH." "pip install awscli"
[ -f "$zip" ] || fail "there is no package $zip." "pack it first: ci/package_lambda.sh"

export AWS_PAGER=""
errors="$(mktemp)"
trap 'rm -f "$errors"' EXIT

code_sha256="$(aws lambda update-function-code --function-name "$function" \
  --zip-file "fileb://$zip" --query CodeSha256 --output text 2>"$errors")" ||
  fail "$function was not deployed. $(cat "$errors")" "$(advice "$(cat "$errors")")"

if aws lambda wait function-updated --function-name "$function" 2>"$errors"; then
  echo "$function: deployed, CodeSha256 $code_sha256"
elif grep -q AccessDenied "$errors"; then
  # A user who may only deploy cannot ask; Lambda has taken the code all the same.
  echo "$function: handed over, CodeSha256 $code_sha256; Lambda puts it in place within seconds"
  echo "(whether it has, only a user with lambda:GetFunctionConfiguration may ask)"
else
  fail "$function got its code, but did not become ready. $(cat "$errors")" \
    "aws lambda get-function-configuration --function-name $function says why."
fi
