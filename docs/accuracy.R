# lme4's column of docs/accuracy.md, default settings. From the root: Rscript docs/accuracy.R
suppressMessages(library(lme4))
read <- function(name) read.csv(file.path("tests/data", paste0(name, ".csv")), stringsAsFactors = TRUE)

show <- function(case, formula, data, reml = TRUE) {
    fit <- suppressMessages(suppressWarnings(lmer(formula, data, REML = reml)))
    parts <- as.data.frame(VarCorr(fit))
    for (i in seq_len(nrow(parts))) cat(sprintf("%s, %s: %.9g\n", case, parts$grp[i], parts$vcov[i]))
}

show("Dyestuff, REML", Yield ~ 1 + (1 | Batch), read("dyestuff"))
show("Dyestuff, ML", Yield ~ 1 + (1 | Batch), read("dyestuff"), FALSE)
show("Dyestuff2, REML", Yield ~ 1 + (1 | Batch), read("dyestuff2"))
show("Penicillin, REML", diameter ~ 1 + (1 | plate) + (1 | sample), read("penicillin"))
show("Pastes, REML", strength ~ 1 + (1 | batch / cask), read("pastes"))
show("Oats, REML", yield ~ Variety * nitroF + (1 | Block) + (1 | Block:Variety), read("oats"))

# The decimals are written as text and read as the nearest doubles.
a <- function(k) ifelse(k == 1, 0, (-1)^(k - 1))
whole <- c("", "100000", "100000000000")
for (offset in 1:3) for (size in 1:3) {
    cells <- expand.grid(j = 1:c(21, 201, 2001)[size], i = 1:9)
    tenths <- 14 + a(cells$i) + a(cells$j)
    text <- if (offset == 1) sprintf("%d.%d", tenths %/% 10, tenths %% 10)
            else sprintf("%s%d.%d", whole[offset], tenths %/% 10 - 1, tenths %% 10)
    data <- data.frame(treatment = factor(cells$i), y = as.numeric(text))
    show(sprintf("SmLs0%d", 3 * (offset - 1) + size), y ~ 1 + (1 | treatment), data)
}

# Treatments far apart.
for (ratio in c(100, 1000, 10000, 100000)) {
    cells <- expand.grid(j = 1:21, i = 1:9)
    tenths <- 14 + a(cells$i) + a(cells$j) + ratio * cells$i
    text <- sprintf("%d.%d", as.integer(tenths %/% 10), as.integer(tenths %% 10))
    data <- data.frame(treatment = factor(cells$i), y = as.numeric(text))
    show(sprintf("ratio %d", as.integer(ratio)), y ~ 1 + (1 | treatment), data)
}

for (name in c("sirstv", "atmwtag")) {
    data <- read(name)
    data$instrument <- factor(data$instrument)
    names(data)[2] <- "y"
    show(name, y ~ 1 + (1 | instrument), data)
}
