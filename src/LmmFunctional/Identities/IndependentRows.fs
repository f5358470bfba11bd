namespace LmmFunctional.Verification

open MathNet.Numerics.LinearAlgebra

/// <summary>Rows that share neither random effects nor residual covariances: V is block diagonal in them.</summary>
[<RequireQualifiedAccess>]
module internal IndependentRows =

    /// <summary>The rows that belong together: sets that share no related levels and no correlated residuals.</summary>
    let find (model: Marginal) : int[] list =
        let n = Marginal.rows model
        let parent = Array.init n id

        let rec root row =
            if parent[row] = row then
                row
            else
                parent[row] <- parent[parent[row]]
                root parent[row]

        let join a b = parent[root a] <- root b

        for term in model.Terms do
            let first = Array.create term.Levels -1

            for row in 0 .. n - 1 do
                let level = term.Codes[row]

                if first[level] < 0 then
                    first[level] <- row
                else
                    join row first[level]

            match term.Relation with
            | None -> ()
            | Some relation ->
                for i in 1 .. term.Levels - 1 do
                    for j in 0 .. i - 1 do
                        if first[i] >= 0 && first[j] >= 0 && relation.Covariance[i, j] <> 0.0 then
                            join first[i] first[j]

        for block in model.Residual.Blocks do
            for row in block.Rows do
                join row block.Rows[0]

        [| 0 .. n - 1 |] |> Array.groupBy root |> Array.map snd |> List.ofArray

    /// <summary>The model of some of the rows; its levels keep their numbers.</summary>
    let restrict (chosen: int[]) (model: Marginal) : Marginal =
        let pick (values: 'value[]) =
            chosen |> Array.map (fun row -> values[row])

        {
            Response = Vector<float>.Build.Dense(chosen |> Array.map (fun row -> model.Response[row]))
            Fixed =
                Matrix<float>.Build.Dense(chosen.Length, model.Fixed.ColumnCount, fun i j -> model.Fixed[chosen[i], j])
            Terms =
                model.Terms
                |> List.map (fun term -> {
                    term with
                        Codes = pick term.Codes
                        Columns = Array.map pick term.Columns
                })
            Residual = ResidualCovariance.restrict chosen model.Residual
        }
