namespace LmmFunctional.Classical

open System
open LmmFunctional.Analysis

/// <summary>Where mean squares with a negative sign go in a test that no single mean square can make.</summary>
[<RequireQualifiedAccess>]
type QuasiF =
    /// They are added to the numerator, so that both sides are sums (Cochran 1951): F'' .
    | Sums
    /// They are subtracted in the denominator, as SAS and others do (Satterthwaite 1946).
    | Differences

/// <summary>A ratio of sums of mean squares that tests one source: both sides have the same expectation when the source
/// has no effect.</summary>
type MeanSquareRatio = {
    /// Mean squares with their coefficients, the tested one first.
    Numerator: (string * float) list
    Denominator: (string * float) list
} with

    /// Whether the ratio is of two mean squares and has an F distribution.
    member ratio.IsExact =
        match ratio.Numerator, ratio.Denominator with
        | [ _, 1.0 ], [ _, 1.0 ] -> true
        | _ -> false

/// <summary>Finding denominators from expected mean squares.</summary>
[<RequireQualifiedAccess>]
module MeanSquareRatio =

    // Below this a coefficient is rounding; coefficients are of the size of one.
    let private negligible = 1e-8

    /// <summary>The coefficients of mean squares that add up to a target expectation.</summary>
    /// <param name="rows">Mean squares without fixed effects in their expectations, the error among them.</param>
    /// <param name="error">The multiple of σ² wanted.</param>
    /// <param name="variances">The multiples of the variance components wanted, by source.</param>
    /// <returns>For each row its coefficient, or None when no combination has this expectation.</returns>
    let internal combine (rows: ExpectedMeanSquare list) error (variances: (string * float) list) : float list option =
        let sources = rows |> List.map _.Source
        // One equation for each component and one for σ²; as many unknowns as rows.
        let components = sources |> List.filter ((<>) ExpectedMeanSquares.errorSource)

        let isKnown =
            rows
            |> List.collect (fun row -> row.Expected.Variances)
            |> List.append variances
            |> List.forall (fun (name, _) -> List.contains name components)

        if not isKnown then
            None
        else
            let rows = Array.ofList rows

            let equations =
                [ for name in components -> (fun e -> Expectation.coefficient name e) ]
                @ [ (fun e -> e.Error) ]
                |> Array.ofList

            let target = {
                Error = error
                Variances = variances
                Fixed = []
            }

            if equations.Length <> rows.Length then
                None
            else
                let matrix =
                    Array2D.init rows.Length rows.Length (fun i j -> equations[i] rows[j].Expected)

                Dense.solve matrix (equations |> Array.map (fun equation -> equation target))
                |> Option.map List.ofArray

    /// Rows that can serve in denominators: random sources with degrees of freedom, and the error.
    let internal errorRows (table: ExpectedMeanSquare list) =
        table
        |> List.filter (fun row -> row.IsRandom && row.Df > 0 && row.Expected.Fixed.IsEmpty)

    // A term that has no mean square of its own leaves a component without an equation.
    let private tidy value =
        let nearest = Math.Round(value: float)

        if abs (value - nearest) < negligible then
            nearest
        else
            value

    /// <summary>The ratio that tests a source, or None where no combination of mean squares does.</summary>
    /// <param name="quasi">Where negative coefficients go.</param>
    /// <param name="table">All sources, the error last.</param>
    /// <param name="source">The source to test.</param>
    let find quasi (table: ExpectedMeanSquare list) source : MeanSquareRatio option =
        let row = table |> List.find (fun row -> row.Source = source)
        let rows = errorRows table
        let others = row.Expected.Variances |> List.filter (fst >> (<>) source)
        let entersAlone = row.Expected.Fixed |> List.forall (fst >> (=) source)

        if row.Source = ExpectedMeanSquares.errorSource || row.Df = 0 || not entersAlone then
            None
        else
            combine rows row.Expected.Error others
            |> Option.map (fun coefficients ->
                let used =
                    List.zip (rows |> List.map _.Source) (coefficients |> List.map tidy)
                    |> List.filter (fun (_, coefficient) -> abs coefficient > negligible)

                let positive, negative =
                    used |> List.partition (fun (_, coefficient) -> coefficient > 0.0)

                match quasi with
                | QuasiF.Sums -> {
                    Numerator = (source, 1.0) :: (negative |> List.map (fun (name, c) -> name, -c))
                    Denominator = positive
                  }
                | QuasiF.Differences -> {
                    Numerator = [ source, 1.0 ]
                    Denominator = used
                  })
            |> Option.filter (fun ratio -> not ratio.Denominator.IsEmpty)

    let private side (parts: (string * float) list) =
        parts
        |> List.mapi (fun i (name, coefficient) ->
            let sign =
                if coefficient < 0.0 then (if i = 0 then "−" else " − ")
                elif i = 0 then ""
                else " + "

            let size = abs coefficient

            let size =
                if size = 1.0 then
                    ""
                else
                    NumberText.significant 5 size + " "

            $"{sign}{size}MS({name})")
        |> String.concat ""

    /// <summary>The ratio in words: <c>MS(A) / MS(AB)</c>, <c>(MS(A) + MS(ABC)) / (MS(AB) + MS(AC))</c>.</summary>
    let describe (ratio: MeanSquareRatio) : string =
        let inBrackets (parts: (string * float) list) =
            if parts.Length > 1 then $"({side parts})" else side parts

        $"{inBrackets ratio.Numerator} / {inBrackets ratio.Denominator}"
