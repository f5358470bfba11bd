# Writes diagnostics.json: what R prints for diagnostics and predictions, and the definitions of SAS PROC MIXED and
# HLMdiag worked out with dense matrices. Run in the folder tests/data: Rscript reference/diagnostics.R
suppressPackageStartupMessages({
  library(lme4)
  library(nlme)
})

read <- function(name) {
  d <- read.csv(paste0(name, ".csv"), check.names = FALSE, stringsAsFactors = FALSE, na.strings = c("", "NA"))
  text <- vapply(d, is.character, TRUE)
  d[text] <- lapply(d[text], function(x) factor(x, levels = sort(unique(x), method = "radix")))
  d
}

sleepstudy <- read("sleepstudy")
sleepstudy$Subject <- factor(sleepstudy$Subject)
oats <- read("oats")
orthodont <- read("orthodont")
penicillin <- read("penicillin")
cake <- read("cake")
machines <- read("machines")

# lme4's default tolerance leaves six digits.
exact <- lmerControl(optimizer = "nloptwrap", optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12, maxeval = 1e5))
fit <- function(formula, data, REML = TRUE) lmer(formula, data, REML = REML, control = exact)

# --- Tests of samples --------------------------------------------------------------------------------------------------

set.seed(1)
samples <- list(c(1, 2, 4), rnorm(4), rexp(5), rnorm(7), rexp(11), rexp(12), rnorm(50), rt(200, 3), rnorm(2000))

normal <- lapply(samples, function(x) {
  w <- shapiro.test(x)
  list(values = signif(x, 12), w = unname(shapiro.test(signif(x, 12))$statistic), p = shapiro.test(signif(x, 12))$p.value)
})

anderson <- lapply(samples[lengths(samples) > 7], function(x) {
  a <- nortest::ad.test(signif(x, 12))
  list(values = signif(x, 12), a = unname(a$statistic), p = a$p.value)
})

levene <- car::leveneTest(score ~ Machine, machines, center = median)
along <- lmtest::bptest(lm(distance ~ age, orthodont), ~ fitted(lm(distance ~ age, orthodont)))
e <- resid(lm(distance ~ age, orthodont))

# --- Fits --------------------------------------------------------------------------------------------------------------

sleep <- fit(Reaction ~ Days + (Days | Subject), sleepstudy)
cakes <- fit(angle ~ recipe * temperature + (1 | recipe:replicate), cake)
yields <- fit(yield ~ Variety + nitro + (1 | Block) + (1 | Block:Variety), oats)
vif <- car::vif(lmer(yield ~ Variety * nitro + (1 | Block), oats, control = exact))
nlmeSleep <- lme(Reaction ~ Days, random = ~ Days | Subject, sleepstudy,
  control = lmeControl(opt = "nlminb", msTol = 1e-13, tolerance = 1e-12, msMaxIter = 500))
plates <- fit(diameter ~ 1 + (1 | plate) + (1 | sample), penicillin, REML = FALSE)

postVar <- function(model, group) {
  v <- attr(ranef(model, condVar = TRUE)[[group]], "postVar")
  sqrt(as.vector(apply(v, 3, diag)))
}

# --- Dense formulas ----------------------------------------------------------------------------------------------------

# V, R, X and y of one fit; every definition with theta known, as SAS PROC MIXED's documentation and HLMdiag have it.
dense <- function(X, y, V, R, groups) {
  n <- nrow(X)
  p <- ncol(X)
  W <- solve(V)
  M <- solve(t(X) %*% W %*% X)
  beta <- M %*% t(X) %*% W %*% y
  P <- W - W %*% X %*% M %*% t(X) %*% W
  marginal <- as.vector(y - X %*% beta)
  conditional <- as.vector(R %*% P %*% y)

  without <- function(rows) {
    keep <- setdiff(seq_len(n), rows)
    Wi <- solve(V[keep, keep])
    Xi <- X[keep, , drop = FALSE]
    Mi <- solve(t(Xi) %*% Wi %*% Xi)
    d <- beta - Mi %*% t(Xi) %*% Wi %*% y[keep]
    c(
      cookD = sum(d * solve(M, d)) / p,
      mdffits = sum(d * solve(Mi, d)) / p,
      covtrace = abs(sum(diag(solve(M) %*% Mi)) - p),
      covratio = det(Mi) / det(M)
    )
  }

  table <- function(units) {
    found <- t(vapply(units, without, numeric(4)))
    as.list(as.data.frame(found))
  }

  list(
    marginal = marginal,
    conditional = conditional,
    pearsonMarginal = marginal / sqrt(diag(V)),
    pearsonConditional = conditional / sqrt(diag(R)),
    studentizedMarginal = marginal / sqrt(diag(V - X %*% M %*% t(X))),
    studentizedConditional = conditional / sqrt(diag(R %*% P %*% R)),
    deleted = as.vector(P %*% y) / diag(P),
    deletedT = as.vector(P %*% y) / sqrt(diag(P)),
    decorrelated = as.vector(forwardsolve(t(chol(V)), marginal)),
    leverage = diag(diag(n) - R %*% P),
    leverageFixed = diag(X %*% M %*% t(X) %*% W),
    rows = table(as.list(seq_len(n))),
    groups = table(split(seq_len(n), groups))
  )
}

ofLmer <- function(model, groups) {
  sigma2 <- sigma(model)^2
  Z <- as.matrix(getME(model, "Z"))
  L <- as.matrix(getME(model, "Lambda"))
  R <- diag(sigma2, nrow(Z))
  dense(getME(model, "X"), getME(model, "y"), Z %*% L %*% t(L) %*% t(Z) * sigma2 + R, R, groups)
}

ar1 <- gls(distance ~ age * Sex, orthodont, correlation = corAR1(form = ~ 1 | Subject),
  control = glsControl(tolerance = 1e-12, msTol = 1e-13, msMaxIter = 500))

ofGls <- function() {
  X <- model.matrix(distance ~ age * Sex, orthodont)
  V <- matrix(0, nrow(X), nrow(X))
  phi <- coef(ar1$modelStruct$corStruct, unconstrained = FALSE)
  for (rows in split(seq_len(nrow(X)), orthodont$Subject)) {
    V[rows, rows] <- ar1$sigma^2 * phi^abs(outer(seq_along(rows), seq_along(rows), "-"))
  }
  dense(X, orthodont$distance, V, V, orthodont$Subject)
}

# --- glmmTMB -----------------------------------------------------------------------------------------------------------

# Standard errors of predictions with the covariance parameters known, and with their uncertainty.
suppressPackageStartupMessages(library(glmmTMB))
tmb <- glmmTMB(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE,
  control = glmmTMBControl(optCtrl = list(iter.max = 1e4, eval.max = 1e4, rel.tol = 1e-14, x.tol = 1e-10)))
known <- glmmTMB(Reaction ~ Days + (Days | Subject), sleepstudy, REML = FALSE,
  start = list(theta = getME(tmb, "theta"), betad = tmb$fit$par[["betad"]]),
  map = list(theta = factor(c(NA, NA, NA)), betad = factor(NA)))
fresh <- data.frame(Days = c(0, 4.5, 12, 3), Subject = factor(c("308", "370", "372", "new")))
predicted <- predict(known, newdata = fresh, se.fit = TRUE, allow.new.levels = TRUE)
ofData <- predict(known, se.fit = TRUE)

version <- function(package) paste(package, packageVersion(package))

result <- list(
  source = paste(c(R.version.string, vapply(c("lme4", "nlme", "car", "lmtest", "nortest", "glmmTMB"), version, "")), collapse = ", "),
  shapiro = normal,
  anderson = anderson,
  levene = list(f = levene$`F value`[1], df1 = levene$Df[1], df2 = levene$Df[2], p = levene$`Pr(>F)`[1]),
  breuschPagan = list(statistic = unname(along$statistic), p = unname(along$p.value), residuals = unname(e),
    fitted = unname(fitted(lm(distance ~ age, orthodont)))),
  vif = list(terms = rownames(vif), gvif = unname(vif[, 1]), df = unname(vif[, 2]), perColumn = unname(vif[, 3])),
  acf = list(lag = ACF(nlmeSleep, maxLag = 9, resType = "pearson")$lag,
    acf = ACF(nlmeSleep, maxLag = 9, resType = "pearson")$ACF),
  rePCA = list(sleepstudy = unname(rePCA(sleep)$Subject$sdev * sigma(sleep)),
    cake = unname(rePCA(cakes)$`recipe:replicate`$sdev * sigma(cakes))),
  condSd = list(sleepstudy = postVar(sleep, "Subject"), penicillinPlate = postVar(plates, "plate"),
    penicillinSample = postVar(plates, "sample"), oatsBlock = postVar(yields, "Block")),
  hatvalues = list(sleepstudy = unname(hatvalues(sleep)), oats = unname(hatvalues(yields)),
    penicillin = unname(hatvalues(plates))),
  cookLme4 = list(sleepstudy = unname(cooks.distance(sleep))),
  dense = list(sleepstudy = ofLmer(sleep, sleepstudy$Subject), oats = ofLmer(yields, oats$Block), orthodontAr1 = ofGls()),
  glmmTMB = list(fit = unname(predicted$fit), se = unname(predicted$se.fit), dataFit = unname(ofData$fit),
    dataSe = unname(ofData$se.fit))
)

writeLines(jsonlite::toJSON(result, digits = NA, auto_unbox = TRUE), "reference/diagnostics.json")
