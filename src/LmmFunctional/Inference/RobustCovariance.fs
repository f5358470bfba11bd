namespace LmmFunctional.Analysis

open MathNet.Numerics.Distributions
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>How the residuals of a cluster are corrected in a robust covariance.</summary>
[<RequireQualifiedAccess>]
type RobustKind =
    /// Not at all (Liang and Zeger 1986).
    | Cr0
    /// By m/(m − 1), m clusters.
    | Cr1
    /// By the matrix that makes the estimate unbiased when the model's covariance is right (Bell and McCaffrey 2002; Pustejovsky
    /// and Tipton 2018).
    | Cr2
    /// By (I − H_ii)⁻¹, close to the jackknife.
    | Cr3

/// <summary>A fixed effect with its cluster-robust standard error.</summary>
[<StructuredFormatDisplay("{Display}")>]
type RobustCoefficient = {
    Name: string
    Estimate: float
    StandardError: float
    /// Satterthwaite degrees of freedom under the model's covariance.
    Df: float
    /// Estimate / standard error.
    Statistic: float
    P: float
    Lower: float
    Upper: float
    /// Why there is no test, in words; None where there is one.
    NotTestable: string option
} with

    member private this.Display =
        match this.NotTestable with
        | None -> $"{this.Name}: {Display.tested this.Estimate this.StandardError this.Statistic this.Df this.P}"
        | Some reason -> $"{this.Name}: {Display.number this.Estimate}, {reason}"

    /// The estimate with its robust standard error and test.
    override this.ToString() = this.Display

/// <summary>A covariance of β̂ that holds when the model of the covariances within clusters is wrong.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type RobustCovariance = internal {
    Fit: Fit
    UsedKind: RobustKind
    Cluster: string
    /// X_i'a_i and a_i'V_i a_i of each cluster, for a contrast.
    Vectors: (Matrix<float> * Matrix<float>) list
    Bread: Matrix<float>
    Estimate: Matrix
} with

    /// The correction.
    member robust.Kind = robust.UsedKind

    /// The factor whose levels are the clusters.
    member robust.Clusters = robust.Cluster

    /// Number of clusters.
    member robust.ClusterCount = robust.Vectors.Length

    /// Clusters less the rank of X: the degrees of freedom that SAS gives with its option EMPIRICAL for effects constant
    /// within subjects.
    member robust.ClusterDf = robust.Vectors.Length - robust.Fit.FixedCount

    /// Cov(β̂), p×p.
    member robust.Matrix = robust.Estimate

    member private this.Display =
        $"{this.UsedKind} covariance of the fixed effects, clusters of {this.Cluster}"

    /// The correction and the clusters.
    override this.ToString() = this.Display

/// <summary>Kinds of robust covariances.</summary>
[<RequireQualifiedAccess>]
module RobustKind =

    /// The name in print: CR0 to CR3.
    let name (kind: RobustKind) : string =
        match kind with
        | RobustKind.Cr0 -> "CR0"
        | RobustKind.Cr1 -> "CR1"
        | RobustKind.Cr2 -> "CR2"
        | RobustKind.Cr3 -> "CR3"

/// <summary>Cluster-robust ("sandwich") covariance of the fixed effects.</summary>
[<RequireQualifiedAccess>]
module RobustCovariance =

    // An eigenvalue below this share of the largest is zero: its direction is fitted exactly by the cluster's own effects.
    let private negligible = 1e-10

    /// The symmetric inverse square root, zero on the null space.
    let private inverseRoot (a: Matrix<float>) =
        let eigen = a.Evd Symmetricity.Symmetric
        let values = eigen.EigenValues.Real()
        let largest = values.Maximum()

        let roots =
            values.Map(fun v -> if v > negligible * largest then 1.0 / sqrt v else 0.0)

        eigen.EigenVectors
        * Matrix<float>.Build.DiagonalOfDiagonalVector roots
        * eigen.EigenVectors.Transpose()

    /// <summary>A_i'V_i⁻¹X_i for a cluster: X_i'V_i⁻¹A_i e_i is its score.</summary>
    let private adjusted kind (count: int) (bread: Matrix<float>) (cluster: ClusterRows) : Matrix<float> =
        let weighted = cluster.V.Cholesky().Solve cluster.X
        let identity = Matrix<float>.Build.DenseIdentity cluster.V.RowCount

        match kind with
        | RobustKind.Cr0 -> weighted
        | RobustKind.Cr1 -> weighted * sqrt (float count / float (count - 1))
        | RobustKind.Cr2 ->
            // D'D = V, B = D (V − X M X') D', A = D' B^(−1/2) D.
            let d = cluster.V.Cholesky().Factor.Transpose()
            let inner = cluster.V - cluster.X * bread * cluster.X.Transpose()
            let root = inverseRoot (d * inner * d.Transpose())
            (d.Transpose() * root * d).Transpose() * weighted
        | RobustKind.Cr3 ->
            // (I − X M X'V⁻¹)⁻¹, transposed.
            let leverage = cluster.X * bread * weighted.Transpose()
            (identity - leverage).Transpose().Solve weighted

    /// <summary>The robust covariance of the fixed effects.</summary>
    /// <param name="kind">CR0 to CR3.</param>
    /// <param name="cluster">The clusters: a grouping factor, the subjects of correlated residuals, or any column of the data (several
    /// joined by colons) that holds each level of these whole.</param>
    /// <param name="fit">The fit; its residuals may have a structure.</param>
    /// <returns>The covariance, or why these clusters are not independent.</returns>
    /// <remarks>Cost O(n_i³) for each cluster; matrices of one cluster only.</remarks>
    let create (kind: RobustKind) (cluster: string) (fit: Fit) : Result<RobustCovariance, LmmError list> =
        Clusters.ofGroup cluster fit
        |> Result.map (fun clusters ->
            let p = fit.FixedCount
            let covariance = fit.CoefficientCovariance
            let bread = Matrix<float>.Build.Dense(p, p, fun i j -> covariance[i, j])
            let meat = Matrix<float>.Build.Dense(p, p)

            let vectors = [
                for rows in clusters do
                    let a = adjusted kind clusters.Length bread rows
                    let score = a.Transpose() * rows.Residual
                    meat.Add(score.OuterProduct score, meat)
                    rows.X.Transpose() * a, a.Transpose() * rows.V * a
            ]

            let sandwich = bread * meat * bread

            {
                Fit = fit
                UsedKind = kind
                Cluster = cluster
                Vectors = vectors
                Bread = bread
                Estimate = Matrix.init p p (fun i j -> 0.5 * (sandwich[i, j] + sandwich[j, i]))
            })

    /// <summary>The robust covariance by the factor of the model that holds all others whole: the subjects.</summary>
    /// <param name="kind">CR0 to CR3.</param>
    /// <param name="fit">The fit; its residuals may have a structure.</param>
    /// <returns>The covariance, or that no factor of the model holds all others.</returns>
    let ofSubjects (kind: RobustKind) (fit: Fit) : Result<RobustCovariance, LmmError list> =
        Clusters.factorOf fit |> Result.bind (fun cluster -> create kind cluster fit)

    /// <summary>Satterthwaite degrees of freedom of the variance estimate of Σ c_k β̂_k, when the model's covariance is right.</summary>
    /// <exception cref="T:System.ArgumentException">There are not p weights.</exception>
    let df (contrast: float list) (robust: RobustCovariance) : float =
        if contrast.Length <> robust.Fit.FixedCount then
            invalidArg (nameof contrast) $"The model has {robust.Fit.FixedCount} fixed effects; give each a weight."

        // With a_i the adjusted rows times M c: the estimate is Σ (a_i'e_i)², and Cov(a_i'e_i, a_j'e_j) = δ a_i'V_i a_i − g_i'M g_j.
        let direction = robust.Bread * Vector<float>.Build.DenseOfEnumerable contrast
        let p = robust.Fit.FixedCount
        let spread = Matrix<float>.Build.Dense(p, p)

        let own = [
            for cross, variance in robust.Vectors do
                let g = cross * direction
                spread.Add(g.OuterProduct g, spread)
                direction * (variance * direction), g * (robust.Bread * g)
        ]

        let trace = own |> List.sumBy (fun (variance, taken) -> variance - taken)
        // Σ_ij (g_i'M g_j)² is the squared norm of M^(1/2) Σ g g' M^(1/2).
        let crossed = robust.Bread * spread
        let squares = (crossed * crossed).Diagonal().Sum()

        let diagonal =
            own
            |> List.sumBy (fun (variance, taken) -> (variance - taken) * (variance - taken) - taken * taken)

        trace * trace / (squares + diagonal)

    /// <summary>The fixed effects with robust standard errors, t tests and intervals.</summary>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let coefficients (level: float) (robust: RobustCovariance) : RobustCoefficient list =
        Guard.level (nameof level) level

        [
            for k in 0 .. robust.Fit.FixedCount - 1 do
                let contrast = List.init robust.Fit.FixedCount (fun j -> if j = k then 1.0 else 0.0)
                let estimate = robust.Fit.Inner.Beta[k]
                let se = sqrt (max 0.0 robust.Estimate[k, k])
                let df = df contrast robust
                let name = robust.Fit.Design.Fixed.Names[k]
                let ownVariance = robust.Fit.CoefficientCovariance[k, k]

                // Clusters that the fixed effects fit leave nothing of the variance but rounding.
                let reason =
                    if not (se * se > 1e-13 * ownVariance) then
                        Some Testability.certain
                    elif not (df > 0.0) then
                        Some Testability.noDegreesOfFreedom
                    else
                        None

                match reason with
                | Some reason -> {
                    Name = name
                    Estimate = estimate
                    StandardError = if reason = Testability.certain then 0.0 else se
                    Df = nan
                    Statistic = nan
                    P = nan
                    Lower = nan
                    Upper = nan
                    NotTestable = Some reason
                  }
                | None ->
                    let quantile = StudentT.InvCDF(0.0, 1.0, df, 0.5 + 0.5 * level)

                    {
                        Name = name
                        Estimate = estimate
                        StandardError = se
                        Df = df
                        Statistic = estimate / se
                        P = 2.0 * StudentT.CDF(0.0, 1.0, df, -(abs (estimate / se)))
                        Lower = estimate - quantile * se
                        Upper = estimate + quantile * se
                        NotTestable = None
                    }
        ]
