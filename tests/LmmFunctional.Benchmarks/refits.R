# The rival's half of refits: seconds of many fits, of a bootstrap and of deletions, a line each.

suppressMessages({library(lme4); library(lmerTest)})
arguments <- commandArgs(trailingOnly = TRUE)
sleepstudy <- read.csv(arguments[1])
sleepstudy$Subject <- factor(sleepstudy$Subject)

seconds <- function(expression) system.time(expression)[["elapsed"]]
tell <- function(name, value) cat(name, sprintf("%.9g", value), "\n", sep = "\t")

set.seed(1)
d <- data.frame(subject = factor(rep(1:40, each = 3)), time = rep(0:2, 40), treat = rep(rep(0:1, each = 3), 20))
ys <- lapply(1:200, function(i) 5 + 0.3 * d$time + rep(rnorm(40) * 0.7, each = 3) + rnorm(120))
many <- seconds(for (y in ys) {
  d$y <- y
  s <- coef(summary(suppressMessages(lmerTest::lmer(y ~ treat + time + (1 | subject), d))))
})
tell("many", many / 200)

model <- lme4::lmer(Reaction ~ Days + (Days | Subject), sleepstudy)
boot <- seconds(suppressMessages(suppressWarnings(bootMer(model, fixef, nsim = 200))))
tell("bootstrap", boot / 200)
deletions <- seconds(suppressMessages(suppressWarnings(influence(model, "Subject"))))
tell("deletions", deletions)
