// What tests, benchmarks and e2e suites use of real container runtimes.

export {};
