# Writes held.json: what nlme makes of models with covariance parameters held at known values (fixed = TRUE of a
# structure; sigma of the control of gls, for logLik of lme adds a multiple of log sigma to it). Run in the folder tests/data: Rscript reference/held.R
library(nlme)

read <- function(name) {
  d <- read.csv(paste0(name, ".csv"), check.names = FALSE, stringsAsFactors = FALSE, na.strings = c("", "NA"))
  text <- vapply(d, is.character, TRUE)
  d[text] <- lapply(d[text], function(x) factor(x, levels = sort(unique(x), method = "radix")))
  d
}

orthodont <- read("orthodont")
ovary <- read("ovary")
ovary$Mare <- factor(ovary$Mare)
bodyweight <- read("bodyweight")
bodyweight$Rat <- factor(bodyweight$Rat)
bodyweight$Diet <- factor(bodyweight$Diet)

cases <- list(
  list("orthodont-ar1", "orthodont", quote(gls(distance ~ age * Sex, orthodont,
    correlation = corAR1(0.3, form = ~ 1 | Subject, fixed = TRUE)))),
  list("orthodont-cs", "orthodont", quote(gls(distance ~ age * Sex, orthodont,
    correlation = corCompSymm(0.3, form = ~ 1 | Subject, fixed = TRUE)))),
  list("orthodont-ident", "orthodont", quote(lme(distance ~ age * Sex, orthodont, random = ~ 1 | Subject,
    weights = varIdent(form = ~ 1 | Sex, fixed = c(Male = 2))))),
  list("orthodont-power", "orthodont", quote(lme(distance ~ age * Sex, orthodont, random = ~ 1 | Subject,
    weights = varPower(form = ~ age, fixed = 0.4)))),
  list("ovary-ar1", "ovary", quote(gls(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), ovary,
    correlation = corAR1(0.5, form = ~ 1 | Mare, fixed = TRUE)))),
  list("ovary-ar1-intercept", "ovary", quote(lme(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), ovary,
    random = ~ 1 | Mare, correlation = corAR1(0.4, form = ~ 1 | Mare, fixed = TRUE)))),
  list("ovary-arma", "ovary", quote(gls(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), ovary,
    correlation = corARMA(c(0.8, -0.3), form = ~ 1 | Mare, p = 1, q = 1, fixed = TRUE)))),
  list("bodyweight-exp-nugget", "bodyweight", quote(gls(weight ~ Time * Diet, bodyweight,
    correlation = corExp(c(20, 0.1), form = ~ Time | Rat, nugget = TRUE, fixed = TRUE)))),
  list("bodyweight-gaus", "bodyweight", quote(gls(weight ~ Time * Diet, bodyweight,
    correlation = corGaus(10, form = ~ Time | Rat, fixed = TRUE)))),
  list("orthodont-ar1-sigma-ml", "orthodont", quote(gls(distance ~ age * Sex, orthodont, method = "ML",
    correlation = corAR1(form = ~ 1 | Subject), control = glsControl(sigma = 2))))
)

text <- function(call) paste(trimws(deparse(call, width.cutoff = 500)), collapse = " ")

one <- function(case) {
  fit <- eval(case[[3]])
  beta <- fixef <- if (inherits(fit, "lme")) nlme::fixef(fit) else coef(fit)
  se <- sqrt(diag(if (inherits(fit, "lme")) fit$varFix else fit$varBeta))
  number <- function(x) paste(format(x, digits = 15), collapse = ", ")
  sprintf(
    '  { "id": "%s", "data": "%s", "call": "%s",\n    "source": "R %s, nlme %s",\n    "logLik": %s, "sigma": %s,\n    "estimates": [%s],\n    "errors": [%s] }',
    case[[1]], case[[2]], gsub('"', '\\\\"', text(case[[3]])),
    paste(R.version$major, R.version$minor, sep = "."), packageVersion("nlme"),
    number(as.numeric(logLik(fit))), number(fit$sigma), number(unname(beta)), number(unname(se)))
}

writeLines(c("[", paste(vapply(cases, one, ""), collapse = ",\n"), "]"), "reference/held.json")
