/* fault.h - the places at which a faulty version goes wrong. */
#ifndef KVSTORE_FAULT_H
#define KVSTORE_FAULT_H

/* Does what the file that KVSTORE_FAULT names says about this place, if it does. */
void fault_at(const char *here);

/* The place "transformer": the update is among the entries of the store, at one of the first hundreds. */
void fault_at_entry(void);

#endif
