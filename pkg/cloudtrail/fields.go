package cloudtrail

// A field is a member of a record that a Record keeps, or is read for the
// members in it.
type field uint8

const (
	otherField field = iota

	// Fields that are read for their members.
	wholeRecord
	userIdentity
	sessionContext
	sessionIssuer
	sessionAttributes
	webIDFederationData
	onBehalfOf
	addendum
	resources
	firstResource

	// Fields that a Record keeps, those of one member together.
	requestParameters
	eventTime
	eventID
	eventSource
	eventName
	eventType
	eventCategory
	awsRegion
	recipientAccountID
	sourceIPAddress
	userAgent
	errorCode
	errorMessage
	requestID
	sharedEventID
	vpcEndpointID
	exportTime

	originalEventID

	resourceARN

	identityType
	principalID
	identityARN
	accountID
	accessKeyID
	userName
	invokedBy
	identityProvider
	sourceIdentity
	issuerType
	issuerARN
	issuerPrincipalID
	issuerAccountID
	issuerUserName
	creationDate
	mfaAuthenticated
	federatedProvider
	identityStoreARN
	onBehalfOfUserID

	fieldCount
)

// fields holds the JSON of each field of one record, nil where it has none.
type fields struct {
	raw   [fieldCount][]byte
	plain uint64 // a bit for each field that is a string of ASCII without escapes
}

// set notes the value of a field. Of members with the same name the last
// counts.
func (v *fields) set(f field, value []byte, plain bool) {
	v.raw[f] = value
	v.plain &^= 1 << f
	if plain && value[0] == '"' {
		v.plain |= 1 << f
	}
}

// clear forgets what an earlier member of the same name had in it.
func (v *fields) clear(f field) {
	switch f {
	case userIdentity:
		clear(v.raw[identityType:fieldCount])
	case sessionContext:
		clear(v.raw[sourceIdentity : federatedProvider+1])
	case sessionIssuer:
		clear(v.raw[issuerType : issuerUserName+1])
	case sessionAttributes:
		clear(v.raw[creationDate : mfaAuthenticated+1])
	case webIDFederationData:
		v.raw[federatedProvider] = nil
	case onBehalfOf:
		clear(v.raw[identityStoreARN : onBehalfOfUserID+1])
	case addendum:
		v.raw[originalEventID] = nil
	case resources:
		v.raw[resourceARN] = nil
	}
}

// fieldOf returns the field that a member of the field in is, by its name.
func fieldOf(in field, name []byte) field {
	switch in {
	case wholeRecord:
		return recordField(name)
	case userIdentity:
		return identityField(name)
	case sessionContext:
		return sessionField(name)
	case sessionIssuer:
		return issuerField(name)
	case sessionAttributes:
		return attributeField(name)
	case webIDFederationData:
		return federationField(name)
	case onBehalfOf:
		return onBehalfOfField(name)
	case addendum:
		return addendumField(name)
	case firstResource:
		return resourceField(name)
	}
	return otherField
}

func recordField(name []byte) field {
	switch string(name) {
	case "userIdentity":
		return userIdentity
	case "addendum":
		return addendum
	case "resources":
		return resources
	case "requestParameters":
		return requestParameters
	case "eventTime":
		return eventTime
	case "eventID":
		return eventID
	case "eventSource":
		return eventSource
	case "eventName":
		return eventName
	case "eventType":
		return eventType
	case "eventCategory":
		return eventCategory
	case "awsRegion":
		return awsRegion
	case "recipientAccountId":
		return recipientAccountID
	case "sourceIPAddress":
		return sourceIPAddress
	case "userAgent":
		return userAgent
	case "errorCode":
		return errorCode
	case "errorMessage":
		return errorMessage
	case "requestID":
		return requestID
	case "sharedEventID":
		return sharedEventID
	case "vpcEndpointId":
		return vpcEndpointID
	case "@timestamp":
		return exportTime
	}
	return otherField
}

func identityField(name []byte) field {
	switch string(name) {
	case "type":
		return identityType
	case "principalId":
		return principalID
	case "arn":
		return identityARN
	case "accountId":
		return accountID
	case "accessKeyId":
		return accessKeyID
	case "userName":
		return userName
	case "invokedBy":
		return invokedBy
	case "identityProvider":
		return identityProvider
	case "sessionContext":
		return sessionContext
	case "onBehalfOf":
		return onBehalfOf
	}
	return otherField
}

func sessionField(name []byte) field {
	switch string(name) {
	case "sessionIssuer":
		return sessionIssuer
	case "attributes":
		return sessionAttributes
	case "webIdFederationData":
		return webIDFederationData
	case "sourceIdentity":
		return sourceIdentity
	}
	return otherField
}

func issuerField(name []byte) field {
	switch string(name) {
	case "type":
		return issuerType
	case "arn":
		return issuerARN
	case "principalId":
		return issuerPrincipalID
	case "accountId":
		return issuerAccountID
	case "userName":
		return issuerUserName
	}
	return otherField
}

func attributeField(name []byte) field {
	switch string(name) {
	case "creationDate":
		return creationDate
	case "mfaAuthenticated":
		return mfaAuthenticated
	}
	return otherField
}

func federationField(name []byte) field {
	if string(name) == "federatedProvider" {
		return federatedProvider
	}
	return otherField
}

func onBehalfOfField(name []byte) field {
	switch string(name) {
	case "identityStoreArn":
		return identityStoreARN
	case "userId":
		return onBehalfOfUserID
	}
	return otherField
}

func addendumField(name []byte) field {
	if string(name) == "originalEventID" {
		return originalEventID
	}
	return otherField
}

func resourceField(name []byte) field {
	if string(name) == "ARN" {
		return resourceARN
	}
	return otherField
}
