// Package backtest runs the same records under several configurations, and
// through the rules that others have published, and says what each would have
// told people: how many alerts a week, what one finds and another does not, and,
// where it is known what was an attack, what was found, what was noise, and how
// long it took.
//
// Published rules are taken from their definitions. None was made for Chime:
// most look for the error code AccessDenied alone, which Chime does not write.
// So each comes a second time, generous, matching whatever denial of Chime.
package backtest
