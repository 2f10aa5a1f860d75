// Package randomupdate makes random pairs of programs, with an update from one
// to the other, and predicts what the update does to the state.
//
// Its test builds the pairs with ktcc and xfgen, has them update themselves under
// the driver, and compares what they print to the prediction. A pair is a World:
// types, variables and a heap, and for each thing in it how it differs in the
// new version. From that one description come
//
//   - both versions in C, each of which prints its state (source.go, show.h);
//   - the .xf file with what xfgen cannot know (rules.go);
//   - what the new version prints (predict.go). It is worked out of the
//     description and of docs/xf-language.md alone, and uses nothing of the tools.
//
// A number stands for each pair, its seed. Several pairs share one program, which
// saves most of the time; the names of each begin with a prefix of its own.
//
// A pair that fails is reduced to the little that still fails in the same way,
// and written to the folder that the test names. To run many, without Bazel:
//
//	go test ./tools/xfgen/randomupdate -count=1 -timeout=2h -args -count 5000 -seed 1000000
//	go test ./tools/xfgen/randomupdate -args -seed 236 -count 1
//	go test ./tools/xfgen/randomupdate -args -cflags "-fsanitize=address,undefined"
//
// or ./bazelw test //tools/xfgen/randomupdate:many, which does the first of them.
//
// What is not made: pointers into the middle of objects, pointers with different
// lengths to the same object, programs of several sources, and more than one
// update of a process.
package randomupdate
