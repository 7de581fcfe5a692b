/** Texts that must not be in files: registry hosts in the lock file, paths of one machine anywhere. */

/** Entries of a package-lock.json that say where they came from; workspace folders may. */
export function lockProblems(text) {
  const { packages } = JSON.parse(text);
  return Object.entries(packages)
    .filter(([, entry]) => typeof entry.resolved === "string" && /^[a-z+]+:/.test(entry.resolved))
    .map(([name]) => `package-lock.json: ${name} has a "resolved" URL`);
}

/** Lines of a file that name a folder of the machine it was written on. Short folders ("/root") count with a "/" behind. */
export function machinePathProblems(file, text, folders) {
  const marks = [...folders.map((folder) => `${folder}/`), ...COMMON].filter((mark) => mark !== "//");
  if (text.includes("\0")) return [];
  return text
    .split("\n")
    .flatMap((line, index) =>
      marks.some((mark) => line.includes(mark)) ? [`${file}:${index + 1}: ${line.trim().slice(0, 120)}`] : [],
    );
}

/** Written in two pieces, so that this file is clean. */
const COMMON = ["home/runner/", "bash_jobs."].map((tail) => (tail.startsWith("home") ? `/${tail}` : `/tmp/${tail}`));
