# The rival's half of lmm-vs-r: answers each line it reads with one line that begins with "@".
# A line is a command and its arguments, separated by tabs.

suppressMessages({library(lme4); library(nlme)})

# Without the check by finite differences, which would only slow lme4 down.
control <- lmerControl(calc.derivs = FALSE)

data <- NULL

answer <- function(...) {
  cat("@", paste(..., sep = "\t"), "\n", sep = "")
  flush(stdout())
}

about <- function() {
  version <- function(package) paste(package, packageVersion(package))
  blas <- extSoftVersion()[["BLAS"]]
  blas <- paste("BLAS", file.path(basename(dirname(blas)), basename(blas)))
  answer(paste(R.version.string, version("lme4"), version("nlme"), blas, sep = ", "))
}

read <- function(path, groups) {
  data <<- read.csv(path, stringsAsFactors = TRUE)
  for (group in groups) data[[group]] <<- factor(data[[group]])
  answer(nrow(data))
}

# Mean seconds of so many fits with standard errors, and the criterion.
fit <- function(expression, times) {
  parsed <- parse(text = expression)[[1]]
  gc(FALSE)
  seconds <- system.time(for (i in seq_len(times)) {
    model <- suppressWarnings(suppressMessages(eval(parsed)))
    errors <- sqrt(diag(as.matrix(vcov(model))))
  })[["elapsed"]] / times
  answer(sprintf("%.9g", seconds), sprintf("%.17g", -2 * as.numeric(logLik(model))))
}

input <- file("stdin", "r")
while (length(line <- readLines(input, n = 1)) > 0) {
  words <- strsplit(line, "\t")[[1]]
  tryCatch(
    switch(words[1],
      about = about(),
      read = read(words[2], words[-(1:2)]),
      fit = fit(words[2], as.integer(words[3]))),
    error = function(problem) answer("error", conditionMessage(problem)))
}
