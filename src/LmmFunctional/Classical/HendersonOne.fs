namespace LmmFunctional.Classical

open System.Collections.Generic
open LmmFunctional.Numerics
open LmmFunctional

/// <summary>Henderson's method I: sums of squares of uncorrected totals, for random models with any numbers in the
/// cells. </summary>
[<RequireQualifiedAccess>]
module HendersonOne =

    let private sums levels (codes: int[]) (values: float[]) =
        let result = Array.zeroCreate<float> levels

        codes
        |> Array.iteri (fun row code -> result[code] <- result[code] + values[row])

        result

    let private counts levels (codes: int[]) =
        sums levels codes (Array.create codes.Length 1.0)

    // Σ n_ij²/n_i over levels i of one factor and j of another: the coefficient of the other's variance in E(T).
    let private crossed (codes: int[]) (sizes: float[]) (otherLevels: int) (other: int[]) =
        let cells = Dictionary<int64, float>()

        for row in 0 .. codes.Length - 1 do
            let key = int64 codes[row] * int64 otherLevels + int64 other[row]

            cells[key] <-
                (match cells.TryGetValue key with
                 | true, count -> count + 1.0
                 | false, _ -> 1.0)

        cells
        |> Seq.sumBy (fun cell -> cell.Value * cell.Value / sizes[int (cell.Key / int64 otherLevels)])

    /// <summary>The estimates of all components, the error last; negative ones are kept.</summary>
    /// <param name="model">A model whose only fixed effect is the intercept.</param>
    /// <returns>Sources with their estimates, or why the method does not apply.</returns>
    /// <remarks>Each term's T = Σ y²ᵢ./nᵢ, corrected by that of the mean, is equated to its expectation (Henderson
    /// 1953). </remarks>
    let estimate (model: AnovaModel) : Result<(string * float) list, LmmError list> =
        let fixedTerms = model.Terms |> List.filter (fun term -> not term.IsRandom)

        if not model.HasIntercept || not fixedTerms.IsEmpty then
            Error [
                LmmError.NotClassical(
                    "Henderson's method I needs a model whose only fixed effect is the intercept; "
                    + "take type I sums of squares, his method III"
                )
            ]
        else
            let n = float model.Observations
            let mean = Array.average model.Response
            // Centred: the method does not depend on the mean, and squares of large totals would cancel.
            let y = model.Response |> Array.map (fun value -> value - mean)
            let terms = Array.ofList model.Terms
            let k = terms.Length

            // The rows of the equations: each term's T less that of the mean, then the total.
            let matrix = Array.zeroCreate ((k + 1) * (k + 1))
            let right = Array.zeroCreate (k + 1)

            let squares (term: AnovaTerm) =
                counts term.Levels term.Codes |> Array.sumBy (fun size -> size * size)

            for i in 0 .. k - 1 do
                let sizes = counts terms[i].Levels terms[i].Codes
                let totals = sums terms[i].Levels terms[i].Codes y
                right[i] <- Array.fold2 (fun sum total size -> sum + total * total / size) 0.0 totals sizes
                matrix[i + k * (k + 1)] <- float terms[i].Levels - 1.0

                for j in 0 .. k - 1 do
                    matrix[i + j * (k + 1)] <-
                        crossed terms[i].Codes sizes terms[j].Levels terms[j].Codes
                        - squares terms[j] / n

            right[k] <- y |> Array.sumBy (fun value -> value * value)
            matrix[k + k * (k + 1)] <- n - 1.0

            for j in 0 .. k - 1 do
                matrix[k + j * (k + 1)] <- n - squares terms[j] / n

            let inverse = Array.zeroCreate matrix.Length
            Small.Invert(k + 1, matrix, inverse, 0)

            let names =
                (terms |> Seq.map _.Name |> List.ofSeq) @ [ ExpectedMeanSquares.errorSource ]

            let values =
                List.init (k + 1) (fun i -> Seq.sum (Seq.init (k + 1) (fun j -> inverse[i + j * (k + 1)] * right[j])))

            if values |> List.forall System.Double.IsFinite then
                Ok(List.zip names values)
            else
                Error [ LmmError.NotClassical "two of its terms cannot be told apart" ]
