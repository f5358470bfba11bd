namespace LmmFunctional

open MathNet.Numerics.LinearAlgebra

/// <summary>The rows of one independent cluster with the marginal covariance that the fit gives them.</summary>
[<NoComparison; ReferenceEquality>]
type internal ClusterRows = {
    /// X_i, n_i×p.
    X: Matrix<float>
    /// y_i less offset and X_i β̂.
    Residual: Vector<float>
    /// V_i, n_i×n_i: of one cluster, never of all rows.
    V: Matrix<float>
}

/// <summary>Data cut into independent clusters.</summary>
[<RequireQualifiedAccess>]
module internal Clusters =

    /// The grouping factors of a model that could be clusters: each holds the levels of all others whole.
    let private isWhole (codes: int[]) (term: RandomDesign) =
        let owner = Array.create term.Levels.Length -1
        let mutable whole = true

        for row in 0 .. codes.Length - 1 do
            let level = term.Codes[row]

            if owner[level] < 0 then
                owner[level] <- codes[row]
            elif owner[level] <> codes[row] then
                whole <- false

        whole

    /// V_i of some rows: residual variances, and z'Gz of rows that share a level.
    let private covarianceOf (fit: Fit) (estimates: CovarianceEstimates) (rows: int[]) =
        let n = rows.Length
        let v = Matrix<float>.Build.Dense(n, n)

        for a in 0 .. n - 1 do
            v[a, a] <-
                match fit.Design.Weights with
                | Some weights -> estimates.Residual / weights[rows[a]]
                | None -> estimates.Residual

        for term, covariance in Seq.zip fit.Design.Random estimates.Random do
            for a in 0 .. n - 1 do
                for b in 0..a do
                    if term.Codes[rows[a]] = term.Codes[rows[b]] then
                        let mutable sum = 0.0

                        for i in 0 .. covariance.Rows - 1 do
                            for j in 0 .. covariance.Rows - 1 do
                                sum <- sum + term.Columns[i][rows[a]] * covariance[i, j] * term.Columns[j][rows[b]]

                        v[a, b] <- v[a, b] + sum

                        if a <> b then
                            v[b, a] <- v[b, a] + sum

        v

    let private rowsOf (fit: Fit) estimates (rows: int[]) : ClusterRows =
        let x = fit.Design.Fixed.Matrix

        let own =
            Matrix<float>.Build.Dense(rows.Length, x.Columns, fun a j -> x[rows[a], j])

        let beta = Vector<float>.Build.Dense fit.Inner.Beta

        let known =
            Vector<float>
                .Build.Dense(
                    rows.Length,
                    fun a ->
                        match fit.Design.Offset with
                        | Some offset -> fit.Design.Response[rows[a]] - offset[rows[a]]
                        | None -> fit.Design.Response[rows[a]]
                )

        {
            X = own
            Residual = known - own * beta
            V = covarianceOf fit estimates rows
        }

    /// <summary>The clusters of a fit by one of its grouping factors.</summary>
    /// <returns>The clusters, or: a factor that no random term has, levels of another factor in several clusters.</returns>
    let ofGroup (group: string) (fit: Fit) : Result<ClusterRows list, LmmError list> =
        let groups = fit.Design.Random |> List.map _.Group |> List.distinct

        match fit.Design.Random |> List.tryFind (fun term -> term.Group = group) with
        | _ when not (LogLikelihood.isPlain fit.Model) -> Error [ LmmError.NeedsIndependence "A robust covariance" ]
        | None -> Error [ LmmError.UnknownCluster(group, groups) ]
        | Some cluster ->
            let shared =
                fit.Design.Random
                |> List.filter (fun term -> not (isWhole cluster.Codes term))
                |> List.map (fun term -> LmmError.ClustersShareEffects(group, term.Group))

            if not shared.IsEmpty then
                Error(List.distinct shared)
            else
                let estimates = VarianceParameters.estimates fit

                cluster.Codes
                |> Array.indexed
                |> Array.groupBy snd
                |> Array.sortBy fst
                |> Array.map (fun (_, rows) -> rowsOf fit estimates (Array.map fst rows))
                |> List.ofArray
                |> Ok
