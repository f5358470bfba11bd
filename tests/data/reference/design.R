# Writes design.json: what R's model.matrix makes of formulas over the files of tests/data.
# Run in the folder tests/data: Rscript reference/design.R
library(splines)

read <- function(name) {
  d <- read.csv(paste0(name, ".csv"), check.names = FALSE, stringsAsFactors = FALSE, na.strings = c("", "NA"))
  # Levels in ordinal order, whatever the locale.
  text <- vapply(d, is.character, TRUE)
  d[text] <- lapply(d[text], function(x) factor(x, levels = sort(unique(x), method = "radix")))
  d
}

center <- function(x) scale(x, scale = FALSE)

cases <- list(
  c("sleepstudy", "Reaction ~ Days"),
  c("sleepstudy", "Reaction ~ 0 + Days"),
  c("sleepstudy", "Reaction ~ Days + I(Days^2) + log(Days + 1)"),
  c("sleepstudy", "Reaction ~ factor(Days)"),
  c("sleepstudy", "Reaction ~ 0 + factor(Subject)"),
  c("sleepstudy", "Reaction ~ poly(Days, 3) + scale(Days)"),
  c("sleepstudy", "Reaction ~ poly(Days, 2, raw = TRUE)"),
  c("sleepstudy", "Reaction ~ poly(Days, 1) + ns(Days, 1)"),
  c("sleepstudy", "Reaction ~ ns(Days, 3)"),
  c("sleepstudy", "Reaction ~ ns(Days, df = 5, intercept = TRUE)"),
  c("sleepstudy", "Reaction ~ bs(Days, 5)"),
  c("sleepstudy", "Reaction ~ bs(Days, df = 4, degree = 2)"),
  c("sleepstudy", "Reaction ~ bs(Days, knots = c(2, 7.5))"),
  c("sleepstudy", "Reaction ~ sin(2 * pi * Days/7) + cos(2 * pi * Days/7)"),
  c("sleepstudy", "Reaction ~ log2(Days + 1) + log10(Days + 1) + log1p(Days) + sqrt(Days) + exp(-Days) + abs(Days - 4)"),
  c("sleepstudy", "Reaction ~ log(Days + 1, 2) + tan(Days) + I(2^Days)"),
  c("sleepstudy", "Reaction ~ Days + I(2 * Days) + center(Days)"),
  c("cake", "angle ~ recipe * temperature"),
  c("cake", "angle ~ recipe:temperature"),
  c("cake", "angle ~ 0 + recipe:temperature"),
  c("cake", "angle ~ recipe + recipe:temperature"),
  c("cake", "angle ~ temperature + recipe:temperature"),
  c("cake", "angle ~ recipe:temperature + recipe:replicate"),
  c("cake", "angle ~ replicate + recipe:replicate"),
  c("cake", "angle ~ 0 + replicate + replicate:recipe"),
  c("cake", "angle ~ 0 + recipe + temperature"),
  c("cake", "angle ~ C(recipe, sum) * C(temperature, poly)"),
  c("cake", "angle ~ C(recipe, contr.helmert) + C(temperature, \"contr.SAS\")"),
  c("cake", "angle ~ 0 + C(recipe, sum) + C(factor(replicate), helmert):recipe"),
  c("cake", "angle ~ recipe:temperature + recipe:factor(replicate)"),
  c("cake", "angle ~ 0 + temperature + recipe:temperature:replicate"),
  c("cake", "angle ~ recipe * temperature * replicate - recipe:temperature"),
  c("cake", "angle ~ C(factor(replicate), sum) + C(recipe, treatment) + replicate"),
  c("cake", "angle ~ (recipe + temperature + replicate)^2 - recipe"),
  c("cake", "angle ~ recipe %in% temperature + temperature"),
  c("cake", "angle ~ temperature + recipe %in% temperature"),
  c("cake", "angle ~ temperature:recipe + recipe"),
  c("oats", "yield ~ nitro * Variety"),
  c("oats", "yield ~ Variety/nitro"),
  c("oats", "yield ~ nitro:Variety:Block"),
  c("oats", "yield ~ 0 + nitro:Variety + Block:nitroF + Block"),
  c("oats", "yield ~ . - nitroF"),
  c("machines", "score ~ .^2 - Worker"),
  c("oats", "yield ~ poly(nitro, 2):Variety"),
  c("oats", "yield ~ nitroF + Variety + factor(nitro)"),
  c("oats", "yield ~ 0 + nitro + Variety:nitroF"),
  c("machines", "score ~ Machine"),
  c("machines", "score ~ Machine * Worker"),
  c("orthodont", "distance ~ Sex * age"),
  c("orthodont", "distance ~ Sex * ns(age, 2)"),
  c("orthodont", "distance ~ Sex + Subject"),
  c("pastes", "strength ~ batch + sample"),
  c("pastes", "strength ~ cask:batch"),
  c("pastry_dough", "`Longitudinal Expansion Index` ~ `Flow Rate` * `Moisture Content` + I(`Screw Speed`^2/1e4)"),
  c("pastry_dough", "`Longitudinal Expansion Index` ~ factor(`Flow Rate`):factor(Day)"),
  c("fev", "FEV1 ~ RACE + SEX + ARMCD * AVISIT"),
  c("fev", "FEV1 ~ poly(FEV1_BL, 2) + ns(WEIGHT, 4) + bs(VISITN2, 6)"),
  c("insteval", "y ~ service + factor(dept)")
)

quote_text <- function(x) paste0("\"", gsub("\"", "\\\\\"", x), "\"")
texts <- function(x) paste0("[", paste(vapply(x, quote_text, ""), collapse = ","), "]")
numbers <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ","), "]")

describe <- function(case) {
  d <- read(case[1])
  f <- as.formula(case[2], env = globalenv())
  mf <- model.frame(f, d, na.action = na.omit)
  x <- model.matrix(f, mf)
  n <- nrow(x)
  q <- qr(x, tol = 1e-7, LAPACK = FALSE)
  dropped <- if (q$rank < ncol(x)) colnames(x)[sort(q$pivot[(q$rank + 1):ncol(x)])] else character(0)
  # The same columns at other values, some beyond the data: bases are those of the fit.
  predicted <- ""
  if (case[1] == "sleepstudy" && grepl("poly|ns\\(|\\bbs\\(|scale", case[2])) {
    new <- model.frame(delete.response(terms(mf)), data.frame(Days = c(-3, 0, 0.5, 4.2, 9, 12)))
    at <- suppressWarnings(model.matrix(delete.response(terms(mf)), new))
    predicted <- paste0(",\"predicted\":[", paste(apply(at, 1, numbers), collapse = ","), "]")
  }
  rows <- unique(c(1, ceiling(n / 2), n))
  paste0(
    "{\"data\":", quote_text(case[1]), ",\"formula\":", quote_text(case[2]), ",\"n\":", n,
    ",\"names\":", texts(colnames(x)), ",\"dropped\":", texts(dropped),
    ",\"sums\":", numbers(colSums(x)), ",\"moments\":", numbers(colSums(x * seq_len(n) / n)),
    ",\"squares\":", numbers(colSums(x^2)),
    ",\"rows\":", numbers(rows),
    ",\"entries\":[", paste(apply(x[rows, , drop = FALSE], 1, numbers), collapse = ","), "]", predicted, "}")
}

writeLines(paste0("[\n", paste(vapply(cases, describe, ""), collapse = ",\n"), "\n]"), "reference/design.json")
