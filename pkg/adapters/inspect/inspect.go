package inspect

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"chimewatch/pkg/doctor"
)

// Where says what to look at.
type Where struct {
	Region  string   // of the deployment
	Regions []string // where messaging is
	Stack   string   // the deployment's name
	Now     time.Time
}

// Inspector reads facts.
type Inspector struct {
	CloudTrail  func(region string) CloudTrail
	EventBridge func(region string) EventBridge
	SNS         SNS
	SQS         SQS
	DynamoDB    DynamoDB
	S3          S3
	STS         STS

	signed signed
}

// timeout bounds a request that the SDK has no client for here.
const timeout = 20 * time.Second

// New returns an Inspector with clients of the SDK for a configuration, whose
// Region is the deployment's.
func New(cfg aws.Config) *Inspector {
	return &Inspector{
		CloudTrail: func(region string) CloudTrail {
			return cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) { o.Region = region })
		},
		EventBridge: func(region string) EventBridge {
			return eventbridge.NewFromConfig(cfg, func(o *eventbridge.Options) { o.Region = region })
		},
		SNS: sns.NewFromConfig(cfg), SQS: sqs.NewFromConfig(cfg), DynamoDB: dynamodb.NewFromConfig(cfg), STS: sts.NewFromConfig(cfg),
		S3:     s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil }),
		signed: signed{cfg, &http.Client{Timeout: timeout}},
	}
}

// Facts reads everything there is to judge.
func (in *Inspector) Facts(ctx context.Context, at Where) doctor.Facts {
	f := doctor.Facts{Now: at.Now, Region: at.Region}
	var account string
	f.Caller, account = in.caller(ctx)
	for _, region := range at.Regions {
		f.Trails = append(f.Trails, doctor.Trails{Region: region, Trails: trails(ctx, in.CloudTrail(region))})
	}
	var s stack
	if f.Stack, s = in.stack(ctx, at.Stack); f.Stack.Err != nil || f.Stack.Value.Status == "" {
		return f
	}
	prefix := s.prefix()
	f.Rules = append(f.Rules,
		in.rule(ctx, prefix+"-denials", at.Region, account, doctor.Denials),
		in.rule(ctx, prefix+"-critical-successes", at.Region, account, doctor.Successes))
	for _, region := range at.Regions {
		if region != at.Region {
			f.Rules = append(f.Rules, in.rule(ctx, prefix+"-forward-denials", region, account, doctor.Forward))
		}
	}
	f.Queues = in.queues(ctx, s)
	f.Table = in.table(ctx, s)
	f.Schedules = in.schedules(ctx, prefix)
	f.Topics = in.topics(ctx, s)
	f.LastRecord = in.lastMetric(ctx, prefix, "Records", at.Now)
	f.LastAlert = in.lastMetric(ctx, prefix, "AlertsSent", at.Now)
	f.LastSummary = in.lastReport(ctx, s)
	return f
}

func (in *Inspector) caller(ctx context.Context) (doctor.Fact[string], string) {
	out, err := in.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return unread[string]("sts:GetCallerIdentity", err), "000000000000"
	}
	return doctor.Fact[string]{Value: aws.ToString(out.Arn)}, aws.ToString(out.Account)
}

// unread is a fact that could not be read.
func unread[T any](action string, err error) doctor.Fact[T] {
	denied := false
	switch code(err) {
	case "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "NotAuthorized", "Forbidden":
		denied = true
	}
	return doctor.Fact[T]{Err: &doctor.Unread{Action: action, Denied: denied, Err: err}}
}

func fact[T any](v T) doctor.Fact[T] { return doctor.Fact[T]{Value: v} }
