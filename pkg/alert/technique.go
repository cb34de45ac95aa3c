package alert

import "strings"

// attackVersion is the version of MITRE ATT&CK whose ids and names are used.
//
// https://attack.mitre.org/resources/versions/
const attackVersion = "16.1"

// techniqueName returns the name of a technique or sub-technique, empty where
// it is not known here.
//
// https://attack.mitre.org/techniques/enterprise/
func techniqueName(id string) string {
	switch id {
	case "T1078":
		return "Valid Accounts"
	case "T1078.004":
		return "Cloud Accounts"
	case "T1087":
		return "Account Discovery"
	case "T1087.004":
		return "Cloud Account"
	case "T1098":
		return "Account Manipulation"
	case "T1110":
		return "Brute Force"
	case "T1213":
		return "Data from Information Repositories"
	case "T1213.005":
		return "Messaging Applications"
	case "T1485":
		return "Data Destruction"
	case "T1526":
		return "Cloud Service Discovery"
	case "T1530":
		return "Data from Cloud Storage"
	case "T1580":
		return "Cloud Infrastructure Discovery"
	}
	return ""
}

func techniqueTexts(ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, strings.TrimSpace(id+" "+techniqueName(id)))
	}
	return out
}
