namespace LmmFunctional

open MathNet.Numerics.LinearAlgebra

/// <summary>Rows that share no level of any grouping factor: V is block diagonal in them.</summary>
[<RequireQualifiedAccess>]
module internal IndependentRows =

    /// <summary>The rows that belong together: sets that share no level of any grouping factor.</summary>
    let find (model: Marginal) : int[] list =
        let n = Marginal.rows model
        let parent = Array.init n id

        let rec root row =
            if parent[row] = row then
                row
            else
                parent[row] <- parent[parent[row]]
                root parent[row]

        for term in model.Terms do
            let first = Array.create term.Levels -1

            for row in 0 .. n - 1 do
                let level = term.Codes[row]

                if first[level] < 0 then
                    first[level] <- row
                else
                    parent[root row] <- root first[level]

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
            ResidualVariances = pick model.ResidualVariances
        }
