/* The protocol by which an update stops the threads of a process and starts them again, as a model for spin.
 *
 * It is that of runtime/threads/threads.h, with the same names of states. All that is done there under the lock is
 * one atomic step here; waiting for a condition is waiting for what it is about. The main thread attempts UPDATES
 * updates, one after the other, and what happens in one is left to chance: whether the deadline passes, whether a hook
 * removes a thread. The other threads come to update points, make threads, and end, when they like; a deadline that
 * can pass at any time stands for those that never come.
 *
 * What is shown, for all runs:
 *
 *   - nobody waits for ever: there is no invalid end state;
 *   - no thread is lost: when an update is over none is PARKED, RETURNING or READY;
 *   - after a commit no thread is in an old version, and after an abort all are in the old version still;
 *   - while the main thread carries the state over nobody else executes the program.
 */

#define THREADS 3 /* at most; not counting the main thread */
#define UPDATES 2

mtype = { NONE, RUNNING, PARKED, RETURNING, READY, ENDED }; /* of a thread; NONE: there is none, or it is gone */
mtype = { STOPPING, STOPPED, RELAUNCHING };                 /* of the process, and RUNNING */

mtype phase = RUNNING;
byte running = 0; /* the version that the main thread executes */

mtype state[THREADS] = NONE;
byte code[THREADS];    /* the version that the thread executes, or stands still in */
bool removed[THREADS]; /* by a hook */

#define none(s) (state[0] != s && state[1] != s && state[2] != s)

/* Whether the thread executes code of the program. */
#define executes(i) (state[i] == RUNNING || state[i] == RETURNING || state[i] == ENDED)

inline make(k, version) {
	state[k] = RUNNING;
	code[k] = version
}

/* A thread. `i` is its record, which is used again when it is gone. */
active [THREADS] proctype thread() {
	byte i = _pid;
end_none:
	state[i] == RUNNING; /* It has been made. */
working:
	if
	:: atomic { state[2] == NONE -> make(2, code[i]) } /* It may make another one... */
		goto working
	:: atomic { state[i] = ENDED } /* ...or end... */
		goto ended
	:: atomic { phase == STOPPING -> state[i] = PARKED } /* ...or come to an update point when it has to. */
	fi;
	if
	:: atomic { state[i] == RUNNING -> assert(code[i] == running) } /* It goes on from where it stood. */
		goto working
	:: atomic { state[i] == RETURNING && removed[i] -> removed[i] = false; state[i] = ENDED }
		goto ended
	:: atomic { state[i] == RETURNING && !removed[i] -> code[i] = running } /* It leaves its frames. */
	fi;
	/* It carries its locals over, and comes back to its update point, or ends before that. */
	if
	:: atomic { state[i] = ENDED }
		goto ended
	:: atomic { state[i] = READY }
	fi;
	atomic {
		state[i] != READY;
		assert(state[i] == RUNNING && code[i] == running)
	}
	goto working;
ended:
	/* Destructors of the version may be running, until the kernel says that it is gone. */
	state[i] = NONE;
	goto end_none
}

inline move(i, from, to) {
	if
	:: state[i] == from -> state[i] = to
	:: else
	fi
}

inline move_all(from, to) {
	move(0, from, to);
	move(1, from, to);
	move(2, from, to)
}

#define in_running_version(i) (!executes(i) || code[i] == running)

inline check_the_running_version_goes_on() {
	assert(none(PARKED) && none(RETURNING) && none(READY));
	assert(in_running_version(0) && in_running_version(1) && in_running_version(2))
}

inline check_nobody_executes() {
	assert(!executes(0) && !executes(1) && !executes(2))
}

active proctype main_thread() {
	byte update = 0;
	atomic {
		make(0, 0);
		make(1, 0)
	}
	do
	:: update == UPDATES -> break
	:: update < UPDATES ->
		update++;
		phase = STOPPING; /* The new version has been loaded, and is good. */
		if
		:: atomic { none(RUNNING) && none(ENDED) -> phase = STOPPED }
		:: atomic { phase = RUNNING; /* The deadline has passed. */
				move_all(PARKED, RUNNING);
				check_the_running_version_goes_on()
			}
			goto next
		fi;
		atomic { running++; check_nobody_executes() } /* The old version is left. */
		if /* A hook may remove a thread. */
		:: atomic { state[0] == PARKED -> removed[0] = true }
		:: skip
		fi;
		atomic { check_nobody_executes(); phase = RELAUNCHING; move_all(PARKED, RETURNING) }
		/* The commit: after it, the old version is not there any more. */
		atomic { none(RETURNING) && none(ENDED); assert(none(PARKED)) }
		atomic {
			phase = RUNNING;
			move_all(READY, RUNNING);
			check_the_running_version_goes_on()
		}
	next:
		skip
	od
}
