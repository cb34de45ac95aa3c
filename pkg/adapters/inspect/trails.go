package inspect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"chimewatch/pkg/doctor"
)

// trails reads the trails that a Region sees, those of other Regions and of the
// organisation included.
func trails(ctx context.Context, client CloudTrail) doctor.Fact[[]doctor.Trail] {
	out, err := client.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)})
	if err != nil {
		return unread[[]doctor.Trail]("cloudtrail:DescribeTrails", err)
	}
	var list []doctor.Trail
	for _, t := range out.TrailList {
		trail := doctor.Trail{
			Name: aws.ToString(t.Name), ARN: aws.ToString(t.TrailARN), Home: aws.ToString(t.HomeRegion),
			MultiRegion: aws.ToBool(t.IsMultiRegionTrail), Organization: aws.ToBool(t.IsOrganizationTrail),
		}
		// A trail is asked about where it lives.
		home := func(o *cloudtrail.Options) {
			if trail.Home != "" {
				o.Region = trail.Home
			}
		}
		trail.Status = trailStatus(ctx, client, t.TrailARN, home)
		trail.Selectors = selectors(ctx, client, t.TrailARN, home)
		list = append(list, trail)
	}
	return fact(list)
}

func trailStatus(ctx context.Context, client CloudTrail, arn *string, home func(*cloudtrail.Options)) doctor.Fact[doctor.TrailStatus] {
	out, err := client.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: arn}, home)
	if err != nil {
		return unread[doctor.TrailStatus]("cloudtrail:GetTrailStatus", err)
	}
	return fact(doctor.TrailStatus{
		Logging: aws.ToBool(out.IsLogging), DeliveryError: aws.ToString(out.LatestDeliveryError), Delivered: aws.ToTime(out.LatestDeliveryTime),
	})
}

func selectors(ctx context.Context, client CloudTrail, arn *string, home func(*cloudtrail.Options)) doctor.Fact[doctor.Selectors] {
	out, err := client.GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: arn}, home)
	if err != nil {
		return unread[doctor.Selectors]("cloudtrail:GetEventSelectors", err)
	}
	var s doctor.Selectors
	for _, e := range out.EventSelectors {
		s.Basic = append(s.Basic, doctor.BasicSelector{
			// Management events are logged unless that is turned off.
			Management: e.IncludeManagementEvents == nil || *e.IncludeManagementEvents,
			ReadWrite:  string(e.ReadWriteType), Excluded: e.ExcludeManagementEventSources,
		})
	}
	for _, e := range out.AdvancedEventSelectors {
		s.Advanced = append(s.Advanced, advanced(e))
	}
	return fact(s)
}

func advanced(e types.AdvancedEventSelector) (a doctor.AdvancedSelector) {
	for _, f := range e.FieldSelectors {
		a.Fields = append(a.Fields, doctor.FieldSelector{
			Field: aws.ToString(f.Field), Equals: f.Equals, StartsWith: f.StartsWith, EndsWith: f.EndsWith,
			NotEquals: f.NotEquals, NotStartsWith: f.NotStartsWith, NotEndsWith: f.NotEndsWith,
		})
	}
	return a
}
