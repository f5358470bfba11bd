# The formulas of docs/engine.md with dense n x n matrices, against the engine. After a build, from the root:
#     Rscript docs/engine-check.R
# Intercepts have scale one and x is centred with root mean square one, so that inner and user's theta agree.
set.seed(3)
n <- 64
x <- rnorm(n); x <- x - mean(x); x <- x / sqrt(mean(x^2))
data <- data.frame(x, g = sample(letters[1:5], n, TRUE), h = sample(LETTERS[1:4], n, TRUE), w = runif(n, 0.5, 2))
index <- match(data$g, letters)
data$y <- 3 + x + rnorm(5)[index] + rnorm(4)[match(data$h, LETTERS)] + 0.5 * x * rnorm(5)[index] + rnorm(n)
file <- tempfile(fileext = ".csv")
write.csv(format(data, digits = 17), file, row.names = FALSE, quote = FALSE)
data <- read.csv(file)

lambda <- matrix(c(0.8, 0.3, 0, 0.4), 2)      # of (x | g)
mu <- 0.6                                     # of (1 | h)
rows <- c(1, 2, 2); columns <- c(1, 1, 2)     # the free entries of lambda
root <- sqrt(data$w)
X <- root * cbind(1, data$x)
y <- root * data$y
G <- model.matrix(~ 0 + g, data)
Z1 <- root * do.call(cbind, lapply(1:5, function(j) cbind(G[, j], G[, j] * data$x)))
Z2 <- root * model.matrix(~ 0 + h, data)
logDet <- function(A) c(determinant(A)$modulus)
sumOfBlocks <- function(A, S) {
    Reduce(`+`, lapply(seq(1, ncol(A), S), function(j) A[j + 1:S - 1, j + 1:S - 1, drop = FALSE]))
}
positivePart <- function(D) { e <- eigen(D, TRUE); e$vectors %*% diag(pmax(e$values, 0), nrow(D)) %*% t(e$vectors) }

compare <- function(kind, crossed) {
    V <- diag(n) + Z1 %*% kronecker(diag(5), lambda %*% t(lambda)) %*% t(Z1) + crossed * mu^2 * Z2 %*% t(Z2)
    Vi <- solve(V); A <- t(X) %*% Vi %*% X
    P <- Vi - Vi %*% X %*% solve(A) %*% t(X) %*% Vi
    Q <- if (kind == "ml") Vi else P
    dn <- if (kind == "ml") n else n - 2
    r2 <- c(t(y) %*% P %*% y)
    f <- logDet(V) + (kind == "reml") * logDet(A) + dn * (1 + log(2 * pi * r2 / dn)) - sum(log(data$w))

    derivative <- function(Z, S) {
        v <- t(Z) %*% P %*% y / sqrt(r2)
        sumOfBlocks(t(Z) %*% Q %*% Z - dn * v %*% t(v), S)
    }
    D1 <- derivative(Z1, 2); D2 <- derivative(Z2, 1)
    g <- c(2 * (D1 %*% lambda)[cbind(rows, columns)], if (crossed) 2 * D2 * mu)

    entry <- function(k) {
        E <- matrix(0, 2, 2); E[rows[k], columns[k]] <- 1
        Z1 %*% kronecker(diag(5), E %*% t(lambda) + lambda %*% t(E)) %*% t(Z1)
    }
    Vdot <- c(lapply(1:3, entry), if (crossed) list(2 * mu * Z2 %*% t(Z2)))
    k <- length(Vdot); Py <- P %*% y
    pairs <- function(h) outer(1:k, 1:k, Vectorize(h))
    F <- pairs(function(i, j) c(t(Py) %*% Vdot[[i]] %*% P %*% Vdot[[j]] %*% Py) / r2)
    T <- pairs(function(i, j) sum(diag(Q %*% Vdot[[i]] %*% Q %*% Vdot[[j]])))
    s <- sapply(Vdot, function(B) c(t(Py) %*% B %*% Py) / r2)
    t_ <- sapply(Vdot, function(B) sum(diag(Q %*% B)))
    K <- function(D1, D2) {
        own <- 2 * D1[rows, rows] * outer(columns, columns, `==`)
        if (crossed) rbind(cbind(own, 0), c(0, 0, 0, 2 * D2)) else own
    }
    plus <- K(positivePart(D1), max(D2, 0))
    dense <- list(observed = dn * (2 * F - s %o% s) - T + K(D1, D2), expected = T - t_ %o% t_ / dn + plus,
                  average = dn * (F - s %o% s) + plus)

    formula <- paste0("y ~ x + (x | g)", if (crossed) " + (1 | h)", "; weights = w")
    theta <- c(lambda[cbind(rows, columns)], if (crossed) mu)
    lines <- system2("dotnet", c("fsi", "docs/engine-check.fsx", file, shQuote(formula), kind, theta), stdout = TRUE)
    for (i in 1:3) {
        ours <- scan(text = lines[i], quiet = TRUE)
        cat(sprintf("%-4s %-32s %-8s value %.1e gradient %.1e information %.1e\n", kind, formula, names(dense)[i],
                    abs(ours[1] - f), max(abs(ours[1 + 1:k] - g)), max(abs(ours[-(1:(k + 1))] - c(t(dense[[i]]))))))
    }
}

for (kind in c("ml", "reml")) for (crossed in c(TRUE, FALSE)) compare(kind, crossed)
