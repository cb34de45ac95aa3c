// Package chime knows the API operations of Amazon Chime SDK messaging: which
// exist, which only read, which an attacker would want, what IAM checks them
// on and which role in the app they need.
//
// Chime authorizes every messaging call twice. IAM decides whether the AWS
// principal may call; then the Chime back end decides whether the app user in
// whose name the call is made (the bearer) may. The catalogue holds what is
// needed to explain a refusal by either.
//
// Sources:
//   - API models chime-sdk-messaging 2021-05-15 and chime-sdk-identity
//     2021-04-20, https://docs.aws.amazon.com/chime-sdk/latest/APIReference/
//   - access levels and resource types,
//     https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonchime.html
//   - roles, https://docs.aws.amazon.com/chime-sdk/latest/dg/auth-by-role.html
package chime
