namespace LmmFunctional.Verification

open MathNet.Numerics.LinearAlgebra

/// <summary>Closed forms of balanced designs: nested or crossed random intercepts of classes of equal size.</summary>
/// <remarks>The averages over the classes of the terms commute with one another and with the fit of X, so that the rows fall
/// into strata, in each of which V is a number: σ² + Σ nₜσ²ₜ over the terms whose classes are constant there. With as many
/// strata as variances the mean squares of the strata estimate them. Nelder (1965); Tjur (1984).</remarks>
[<RequireQualifiedAccess>]
module internal BalancedIdentities =

    open IdentityWords

    // 2ᵗ strata.
    let private mostTerms = 4

    /// The classes of rows: of some terms together the finest that all of them are constant on.
    let private join n (codings: int[] list) : int[] =
        match codings with
        | [] -> Array.init n id
        | first :: others ->
            let mutable codes = Array.copy first

            for other in others do
                // Classes that share a class of the other term are one.
                let mutable isMoving = true

                while isMoving do
                    let lowest (by: int[]) =
                        let least = System.Collections.Generic.Dictionary<int, int>()

                        by
                        |> Array.iteri (fun row code ->
                            match least.TryGetValue code with
                            | true, known when known <= codes[row] -> ()
                            | _ -> least[code] <- codes[row])

                        by |> Array.map (fun code -> least[code])

                    let byOther = lowest other
                    let own = codes
                    let merged = System.Collections.Generic.Dictionary<int, int>()

                    own
                    |> Array.iteri (fun row code ->
                        match merged.TryGetValue code with
                        | true, known when known <= byOther[row] -> ()
                        | _ -> merged[code] <- byOther[row])

                    let next = own |> Array.map (fun code -> merged[code])
                    isMoving <- next <> own
                    codes <- next

            codes

    let private average (codes: int[]) (b: Matrix<float>) : Matrix<float> =
        let classes = 1 + Array.max codes
        let sums = Matrix<float>.Build.Dense(classes, b.ColumnCount)
        let counts: float[] = Array.zeroCreate classes

        for row in 0 .. codes.Length - 1 do
            counts[codes[row]] <- counts[codes[row]] + 1.0

            for j in 0 .. b.ColumnCount - 1 do
                sums[codes[row], j] <- sums[codes[row], j] + b[row, j]

        b.MapIndexed(fun row j _ -> sums[codes[row], j] / counts[codes[row]])

    /// A stratum: which terms are constant in it, its degrees of freedom and its mean square.
    [<NoComparison>]
    type private Stratum = {
        Terms: int list
        Df: float
        MeanSquare: float
    }

    let private isConstant (column: float seq) = Seq.forall ((=) 1.0) column

    let private hasClassesOfOneSize (term: MarginalTerm) =
        (term.Codes |> Array.countBy id |> Array.distinctBy snd).Length = 1

    let private subsets count =
        List.init (1 <<< count) (fun bits -> List.filter (fun t -> bits &&& (1 <<< t) <> 0) [ 0 .. count - 1 ])

    /// The strata with degrees of freedom; None where the design is not balanced.
    let private strata (setting: Setting) : Stratum list option =
        let terms = setting.Model.Terms
        let n = setting.N
        let count = terms.Length
        let codings = terms |> List.map _.Codes

        let joins =
            subsets count
            |> List.map (fun own -> own, join n (own |> List.map (fun t -> codings[t])))
            |> Map.ofList

        let fit (b: Matrix<float>) =
            setting.Basis * setting.Basis.TransposeThisAndMultiply b

        let same (a: Matrix<float>) b =
            norm (a - b) <= 1e-10 * norm setting.Probes

        let commute =
            List.allPairs [ 0 .. count - 1 ] [ 0 .. count - 1 ]
            |> List.forall (fun (s, t) ->
                let both = joins[List.distinct (List.sort [ s; t ])]
                same (average codings[s] (average codings[t] setting.Probes)) (average both setting.Probes))
            && codings
               |> List.forall (fun codes ->
                   same (average codes (fit setting.Probes)) (fit (average codes setting.Probes)))

        if not commute then
            None
        else
            let projected own (b: Matrix<float>) =
                List.init count (fun t -> t)
                |> List.fold
                    (fun (b: Matrix<float>) t ->
                        if List.contains t own then
                            average codings[t] b
                        else
                            b - average codings[t] b)
                    b

            // By inclusion and exclusion from the numbers of classes.
            let dimension (own: int list) =
                subsets count
                |> List.filter (fun larger -> own |> List.forall (fun t -> List.contains t larger))
                |> List.sumBy (fun larger ->
                    let sign = if (larger.Length - own.Length) % 2 = 0 then 1 else -1
                    sign * (Array.distinct joins[larger]).Length)

            subsets count
            |> List.map (fun own ->
                let ofFixed = norm (projected own setting.Basis) ** 2.0

                // Under ML the fixed effects cost no degree of freedom.
                let df = float (dimension own) - (if setting.IsRestricted then ofFixed else 0.0)

                {
                    Terms = own
                    Df = round df
                    MeanSquare = norm (projected own setting.Deviations) ** 2.0 / df
                })
            |> List.filter (fun stratum -> stratum.Df > 0.5)
            |> Some

    /// σ² and σ²ₜ from the strata; None where these are not as many.
    let private components (setting: Setting) (strata: Stratum list) =
        let count = setting.Model.Terms.Length

        let sizes =
            setting.Model.Terms |> List.map (fun term -> float (setting.N / term.Levels))

        let expected =
            Matrix<float>
                .Build.Dense(
                    strata.Length,
                    count + 1,
                    fun i t ->
                        if t = 0 then 1.0
                        elif List.contains (t - 1) strata[i].Terms then sizes[t - 1]
                        else 0.0
                )

        if strata.Length = count + 1 && expected.Rank() = count + 1 then
            let squares = Vector<float>.Build.DenseOfEnumerable(strata |> Seq.map _.MeanSquare)
            Some((expected.Solve squares).ToArray())
        else
            None

    let private compare (setting: Setting) (components: float[]) =
        let size = Array.sum components

        let variances =
            setting.Claims.Sigma ** 2.0
            :: [ for term in setting.Model.Terms -> term.Factor[0, 0] ** 2.0 ]

        // Least squares, V X being X Q.
        let coefficients =
            setting.Basis.TransposeThisAndMultiply(setting.Model.Response.ToColumnMatrix())

        let claimed =
            setting.Triangle
            * Matrix<float>.Build.Dense(setting.Claims.Beta.Length, 1, setting.Claims.Beta)

        largest [
            distance claimed coefficients
            for claimed, expected in Seq.zip variances components do
                gap size claimed expected
        ]
        |> within (10.0 * setting.Unsettled + setting.Rounding * setting.FixedCondition)

    let private balanced (setting: Setting) =
        let terms = setting.Model.Terms

        let isPlain =
            not terms.IsEmpty
            && terms.Length <= mostTerms
            && setting.IsUnweighted
            && setting.Claims.ResidualParameters.Length = 0
            && setting.Model.Residual.Blocks.Length = 0
            && terms
               |> List.forall (fun term ->
                   term.Relation.IsNone
                   && term.Order = 1
                   && isConstant term.Columns[0]
                   && hasClassesOfOneSize term)

        match (if isPlain then strata setting else None) with
        | None ->
            IdentityOutcome.NotApplicable
                "closed forms need random intercepts, balanced classes and fixed effects, and no weights"
        | Some strata ->
            match components setting strata, terms with
            | None, _ -> IdentityOutcome.NotApplicable "there are not as many strata as variances"
            | Some components, _ when Array.forall (fun value -> value > 0.0) components -> compare setting components
            // Nothing between groups: one mean square is left.
            | Some _, [ _ ] ->
                let df = strata |> List.sumBy _.Df
                let square = strata |> List.sumBy (fun stratum -> stratum.Df * stratum.MeanSquare)
                compare setting [| square / df; 0.0 |]
            | Some _, _ -> IdentityOutcome.NotApplicable "an analysis of variance estimate is negative"

    /// <summary>The identities.</summary>
    let all: Identity list = [
        create
            "balanced closed form"
            "σ̂² + Σ nₜσ̂²ₜ = MSₛ in every stratum s, over the terms t constant there; pooled where σ̂²ₐ = 0; β̂ = (XᵀX)⁻¹Xᵀy"
            "Searle, Casella & McCulloch (1992), Variance Components"
            (withEffects (withFreeScale (atOptimum balanced)))
    ]
