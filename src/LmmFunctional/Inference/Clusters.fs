namespace LmmFunctional.Analysis

open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

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

    /// Whether the clusters hold the levels of another factor whole.
    let private isWhole levels (other: int[]) (codes: int[]) =
        let owner = Array.create levels -1
        let mutable whole = true

        for row in 0 .. codes.Length - 1 do
            let level = other[row]

            if owner[level] < 0 then
                owner[level] <- codes[row]
            elif owner[level] <> codes[row] then
                whole <- false

        whole

    let private rowsOf (fit: Fit) (covariance: int[] -> Matrix<float>) (rows: int[]) : ClusterRows =
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
            V = covariance rows
        }

    /// What makes rows dependent: grouping factors, and the subjects of correlated residuals, with levels and codes.
    let private dependencies (fit: Fit) = [
        for term in fit.Design.Random do
            term.Group, term.Levels.Length, term.Codes

        match fit.Design.Residual with
        | Some residual when not residual.Factors.IsEmpty ->
            residual.SubjectName, residual.Subjects.Length, residual.SubjectCodes
        | _ -> ()
    ]

    /// The codes of a factor of the model, or of columns of the data joined by colons.
    let private codesOf (fit: Fit) (known: (string * int * int[]) list) (name: string) : Result<int[], LmmError list> =
        match known |> List.tryFind (fun (own, _, _) -> own = name) with
        | Some(_, _, codes) -> Ok codes
        | None ->
            let frame = fit.Design.Schema.Frame
            let columns = name.Split ':' |> List.ofArray

            let missing =
                columns
                |> List.choose (fun column ->
                    match frame.TryColumn column with
                    | Some values ->
                        let count = fit.Design.Rows |> Seq.filter values.IsMissing |> Seq.length

                        if count > 0 then
                            Some(LmmError.MissingCluster(column, count))
                        else
                            None
                    | None -> None)

            if not missing.IsEmpty then
                Error missing
            elif columns |> List.forall (fun column -> (frame.TryColumn column).IsSome) then
                GroupingFactor.resolve (Selection(frame, fit.Design.Rows)) {
                    Factors = columns |> List.map Expr.Column
                }
                |> Result.map snd
            else
                let names = known |> List.map (fun (own, _, _) -> own) |> List.distinct
                Error [ LmmError.UnknownCluster(name, names) ]

    /// <summary>The levels of columns of the data joined by colons, and the code of every row used.</summary>
    let levelsOf (fit: Fit) (name: string) : Result<string[] * int[], LmmError list> =
        let frame = fit.Design.Schema.Frame
        let columns = name.Split ':' |> List.ofArray

        if columns |> List.forall (fun column -> (frame.TryColumn column).IsSome) then
            // Reports missing values.
            codesOf fit [] name
            |> Result.bind (fun _ ->
                GroupingFactor.resolve (Selection(frame, fit.Design.Rows)) {
                    Factors = columns |> List.map Expr.Column
                })
            |> Result.map (fun (grouping, codes) -> grouping.Levels, codes)
        else
            Error [
                LmmError.UnknownCluster(name, [ for known, _, _ in dependencies fit -> known ] |> List.distinct)
            ]

    /// <summary>The factor of the model that holds all others whole, the finest one of several.</summary>
    let factorOf (fit: Fit) : Result<string, LmmError list> =
        let known = dependencies fit

        let isCluster (_, _, codes) =
            known |> List.forall (fun (_, levels, own) -> isWhole levels own codes)

        match known |> List.filter isCluster with
        | [] ->
            Error [
                LmmError.NoCluster(known |> List.map (fun (name, _, _) -> name) |> List.distinct)
            ]
        | found ->
            let name, _, _ = found |> List.maxBy (fun (_, levels, _) -> levels)
            Ok name

    /// <summary>The clusters of a fit by a factor: of the model, or a coarser one of the data.</summary>
    /// <returns>The clusters, or: no such factor, levels of another factor in several clusters, related levels or held
    /// variances.</returns>
    let ofGroup (group: string) (fit: Fit) : Result<ClusterRows list, LmmError list> =
        let known = dependencies fit

        if fit.Design.Sums.IsSome then
            Error [ LmmError.FitOfSums "A robust covariance" ]
        elif not (LogLikelihood.isUnrelated fit.Model) then
            Error [ LmmError.NeedsUnrelated "A robust covariance" ]
        else
            codesOf fit known group
            |> Result.bind (fun codes ->
                let shared = [
                    for name, levels, own in known do
                        if not (isWhole levels own codes) then
                            LmmError.ClustersShareEffects(group, name)
                ]

                if not shared.IsEmpty then
                    Error(List.distinct shared)
                elif codes |> Array.forall ((=) codes[0]) then
                    Error [ LmmError.OneCluster group ]
                else
                    let covariance = RowCovariance.ofFit fit

                    codes
                    |> Array.indexed
                    |> Array.groupBy snd
                    |> Array.sortBy fst
                    |> Array.map (fun (_, rows) -> rowsOf fit covariance (Array.map fst rows))
                    |> List.ofArray
                    |> Ok)
