/* banned.h: functions that this tree does without; each has a bounded or
 * reentrant twin. */

#ifndef REG_BANNED_H
#define REG_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* macros of a hardened libc, where the compiler is clang */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok
#pragma GCC poison gmtime localtime asctime ctime atoi rand system popen

#endif
