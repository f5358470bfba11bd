# The lme4 side of docs/benchmarks.md: Rscript docs/insteval.R (from the root of the repository)
suppressMessages(library(lme4))
ratings <- read.csv("tests/data/insteval.csv")
for (name in c("s", "d", "dept")) ratings[[name]] <- factor(ratings[[name]])

for (run in 1:3) {
    time <- system.time(
        fit <- lmer(y ~ 1 + service + (1 | s) + (1 | d) + (1 | dept:service), ratings, REML = FALSE)
    )
    cat(sprintf("lme4 %s: %.2f s, of processor %.2f s, -2 log likelihood %.6f\n", packageVersion("lme4"),
                time[["elapsed"]], time[["user.self"]] + time[["sys.self"]], -2 * c(logLik(fit))))
}
