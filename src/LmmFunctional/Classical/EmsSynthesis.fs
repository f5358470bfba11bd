namespace LmmFunctional.Classical

open System

/// <summary>Expected mean squares by synthesis: the sums of squares of the design's own columns.</summary>
/// <remarks>The coefficient of σ²_T in E(MS_M) is tr(P_M Z_T K_T Z_T')/df, where P_M projects on what term M adds and
/// K_T is the identity or, in the restricted form, centres over fixed factors (Hartley 1967). Nothing here knows the
/// tabular rules, so that either proves the other.</remarks>
[<RequireQualifiedAccess>]
module EmsSynthesis =

    // For every row of the design the level of each factor, replicates innermost.
    let private levels (design: BalancedDesign) =
        let factors = Array.ofList design.Factors

        let strides =
            Array.scanBack (fun (factor: DesignFactor) stride -> stride * factor.Levels) factors design.Replicates
            |> Array.tail

        fun (factor: DesignFactor) row ->
            let at = Array.IndexOf(factors, factor)
            row / strides[at] % factor.Levels

    // The row's combination of levels of a term's factors, and how many there are.
    let private cell design (factors: DesignFactor list) =
        let level = levels design

        (fun row ->
            factors
            |> List.fold (fun code factor -> code * factor.Levels + level factor row) 0),
        factors |> List.fold (fun count factor -> count * factor.Levels) 1

    let private indicators (design: BalancedDesign) (term: DesignTerm) =
        let code, count = cell design term.Factors
        let n = design.Observations
        let columns = Array.init count (fun _ -> Array.zeroCreate<float> n)

        for row in 0 .. n - 1 do
            columns[code row][row] <- 1.0

        columns

    // A column less its mean over the levels of one factor, everything else held: what sums to zero over the factor.
    let private centred (design: BalancedDesign) (term: DesignTerm) (factor: DesignFactor) (columns: float[][]) =
        let others = term.Factors |> List.filter ((<>) factor)
        let code, count = cell design term.Factors
        let otherCode, otherCount = cell design others
        // Which cells of the term share all but this factor.
        let groupOf = Array.create count -1

        for row in 0 .. design.Observations - 1 do
            groupOf[code row] <- otherCode row

        let means =
            Array.init otherCount (fun group ->
                let members = [
                    for c in 0 .. count - 1 do
                        if groupOf[c] = group then
                            columns[c]
                ]

                Array.init design.Observations (fun row -> members |> List.averageBy (fun column -> column[row])))

        columns |> Array.mapi (fun c column -> Array.map2 (-) column means[groupOf[c]])

    let private dot (a: float[]) (b: float[]) =
        Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

    let private without (basis: float[] list) (column: float[]) =
        let remove (column: float[]) =
            basis
            |> List.fold (fun rest q -> let share = dot q rest in Array.map2 (fun r v -> r - share * v) rest q) column
        // Twice is enough to be orthogonal to rounding (Kahan, in Parlett 1980).
        column |> remove |> remove

    // An orthonormal basis of what the columns add to what is there.
    let private added basis (columns: float[][]) =
        columns
        |> Array.fold
            (fun found column ->
                let rest = without (found @ basis) column
                let length = sqrt (dot rest rest)

                if length > 1e-8 * (1.0 + sqrt (dot column column)) then
                    (rest |> Array.map (fun value -> value / length)) :: found
                else
                    found)
            []

    /// <summary>The table of expected mean squares: the terms, then the error.</summary>
    /// <param name="form">The side conditions of random interactions with fixed factors.</param>
    /// <param name="design">A design small enough to be written out.</param>
    /// <remarks>A fixed term enters its own mean square with the multiple of Σα²/df under effects that sum to zero.
    /// Cost n²·df; for checking the rules, not for data.</remarks>
    let table form (design: BalancedDesign) : ExpectedMeanSquare list =
        let mean = Array.create design.Observations (1.0 / sqrt (float design.Observations))

        let bases =
            (([ mean ]), design.Terms)
            ||> List.mapFold (fun basis term ->
                let own = added basis (indicators design term)
                (term, own), own @ basis)
            |> fst

        let effects =
            design.Terms
            |> List.map (fun term ->
                let columns = indicators design term

                // Fixed effects always sum to zero over each of their live factors.
                let toCentre =
                    match form with
                    | InteractionForm.Unrestricted when term.IsRandom -> []
                    | InteractionForm.Unrestricted
                    | InteractionForm.Restricted -> term.Live |> List.filter (fun factor -> not factor.IsRandom)

                term,
                toCentre
                |> List.fold (fun columns factor -> centred design term factor columns) columns)

        let coefficients (own: float[] list) =
            effects
            |> List.map (fun (term, columns) ->
                let square =
                    own |> List.sumBy (fun q -> columns |> Array.sumBy (fun z -> dot q z ** 2.0))

                term, square / float own.Length)
            |> List.filter (fun (_, coefficient) -> coefficient > 1e-9)
            |> List.map (fun (term, coefficient) -> term, Math.Round(coefficient, 9))

        let rows = [
            for term, own in bases do
                let entering = coefficients own

                {
                    Source = term.Name
                    Df = own.Length
                    IsRandom = term.IsRandom
                    Expected = {
                        Error = 1.0
                        Variances = [
                            for term, coefficient in entering do
                                if term.IsRandom then
                                    term.Name, coefficient
                        ]
                        Fixed = [
                            for term, coefficient in entering do
                                if not term.IsRandom then
                                    term.Name, Some coefficient
                        ]
                    }
                }
        ]

        rows
        @ [
            {
                Source = ExpectedMeanSquares.errorSource
                Df = design.Observations - 1 - (rows |> List.sumBy _.Df)
                IsRandom = true
                Expected = Expectation.error
            }
        ]
