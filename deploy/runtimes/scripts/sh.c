/* /bin/sh of the busybox image. Debian's ash drops variables whose names are no identifiers, which some tests set:
   with such a variable it is bash, which keeps them, else ash, whose messages other tests know. */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static int is_identifier(const char *variable) {
  if (isdigit((unsigned char)*variable)) return 0;
  for (; *variable != '\0' && *variable != '='; variable++) {
    if (!isalnum((unsigned char)*variable) && *variable != '_') return 0;
  }
  return 1;
}

int main(int argc, char **argv) {
  const char *shell = "/bin/busybox";
  for (char **each = environ; *each != NULL; each++) {
    if (!is_identifier(*each)) shell = "/bin/bash";
  }
  if (argc == 0) return 127;
  execv(shell, argv);
  return 127;
}
