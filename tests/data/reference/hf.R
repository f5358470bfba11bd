# REML of Huynh-Feldt residuals, dense: sigma_ij = (sigma_i^2 + sigma_j^2)/2 - lambda, sigma_ii = sigma_i^2.
options(digits=17)
d <- read.csv("tests/data/orthodont.csv"); d$Sex <- factor(d$Sex); d$Subject <- factor(d$Subject)
X <- model.matrix(distance ~ age * Sex, d); y <- d$distance
pos <- match(d$age, sort(unique(d$age))); n <- length(y); p <- ncol(X); m <- 4
rows <- split(seq_len(n), d$Subject)
V <- function(par) { v <- exp(par[1:m]); l <- exp(par[m+1]); S <- outer(v, v, "+")/2 - l; diag(S) <- v; S }
f <- function(par) {
  S <- V(par); ld <- 0; A <- matrix(0,p,p); b <- numeric(p); q <- 0
  for (r in rows) { U <- tryCatch(chol(S[pos[r],pos[r]]), error=function(e) NULL); if (is.null(U)) return(1e10)
    ld <- ld + 2*sum(log(diag(U))); Xs <- backsolve(U, X[r,,drop=FALSE], transpose=TRUE); ys <- backsolve(U, y[r], transpose=TRUE)
    A <- A + crossprod(Xs); b <- b + crossprod(Xs, ys); q <- q + sum(ys^2) }
  beta <- solve(A,b); (n-p)*log(2*pi) + ld + as.numeric(determinant(A)$modulus) + q - sum(b*beta) }
par <- c(rep(log(5),4), log(2))
for (k in 1:30) { o <- optim(par, f, method="Nelder-Mead", control=list(maxit=5000, reltol=1e-16)); par <- o$par }
o <- optim(par, f, method="BFGS", control=list(maxit=500, reltol=1e-16)); if (o$value < f(par)) par <- o$par
cat("criterion", f(par), "\nvariances", exp(par[1:m]), "\nlambda", exp(par[m+1]), "\n")
S <- V(par); A <- matrix(0,p,p); b <- numeric(p)
for (r in rows) { W <- solve(S[pos[r],pos[r]]); A <- A + t(X[r,])%*%W%*%X[r,]; b <- b + t(X[r,])%*%W%*%y[r] }
print(cbind(solve(A,b), sqrt(diag(solve(A)))))
