namespace LmmFunctional.Analysis

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Linear functions of the fixed effects with the values they are tested against: L β = c.</summary>
[<ReferenceEquality>]
type LinearHypothesis = {
    /// What each row says.
    Labels: string list
    /// L: a row for each function, a column for each column of X, kept or dropped (<c>AllNames</c> of the design).
    Matrix: Matrix
    /// c.
    Values: ImmutableArray<float>
}

/// <summary>Writing linear hypotheses.</summary>
[<RequireQualifiedAccess>]
module LinearHypothesis =

    /// <summary>Functions given by their coefficients, tested against zero.</summary>
    /// <param name="labels">What each row is called.</param>
    /// <param name="matrix">A row for each function; columns as in <c>AllNames</c> of the fixed design.</param>
    /// <exception cref="T:System.ArgumentException">There is not one label for each row; a coefficient is not finite.
    /// </exception>
    let ofMatrix (labels: string list) (matrix: Matrix) : LinearHypothesis =
        if labels.Length <> matrix.Rows then
            invalidArg (nameof labels) $"{matrix.Rows} rows need as many labels, not {labels.Length}."

        Guard.finite (nameof matrix) "A coefficient" matrix.Values

        {
            Labels = labels
            Matrix = matrix
            Values = ImmutableArray.CreateRange(Array.zeroCreate<float> matrix.Rows)
        }

    /// <summary>That the coefficients of these columns of X are all zero.</summary>
    /// <returns>The hypothesis, or: a name is no column of X.</returns>
    let ofNames (design: Design) (names: string list) : Result<LinearHypothesis, LmmError list> =
        let known = List.ofSeq design.Fixed.AllNames

        let unknown = names |> List.filter (fun name -> not (List.contains name known))

        if unknown.IsEmpty then
            let index = names |> List.map (fun name -> List.findIndex ((=) name) known)

            Ok(ofMatrix names (Matrix.init names.Length known.Length (fun i j -> if index[i] = j then 1.0 else 0.0)))
        else
            unknown
            |> List.map (fun name -> LmmError.UnknownCoefficient(name, Nearest.suggest known name))
            |> Error

    /// <summary>Hypotheses as text, separated by commas or semicolons: <c>recipeR2 - recipeR3 = 0</c>, <c>2*Days =
    /// 20</c>, <c>B - C: recipeB - recipeC; half: 1/2*recipeB - recipeC/2</c>.</summary>
    /// <param name="design">The design whose columns are named; a name may stand between backquotes. The reference level of a
    /// factor may be named too: its coefficient is zero.</param>
    /// <param name="text">The text; without an equals sign a function is tested against zero. A name and a colon before a
    /// function are its label.</param>
    /// <returns>The hypothesis, or: what cannot be read, or is no column of X.</returns>
    let parse (design: Design) (text: string) : Result<LinearHypothesis, LmmError list> =
        let names = Array.ofSeq design.Fixed.AllNames

        let known =
            design.Schema.Fixed
            |> List.map TermCoding.referenceNames
            |> Array.concat
            |> Array.append names
            |> Array.distinct

        HypothesisText.parse names.Length known text
        |> Result.map (fun rows -> {
            Labels = rows |> List.map _.Label
            Matrix = Matrix.init rows.Length names.Length (fun i j -> rows[i].Weights[j])
            Values = rows |> Seq.map _.Value |> ImmutableArray.CreateRange
        })
