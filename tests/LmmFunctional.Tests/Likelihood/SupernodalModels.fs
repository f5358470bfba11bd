namespace LmmFunctional.Tests

open System
open System.Collections.Immutable
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Random models on the inner scale for tests of engines, without formula or frame.</summary>
[<RequireQualifiedAccess>]
module internal SupernodalModels =

    let private normal (random: Random) =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let term group levels codes columns : StandardisedTerm =
        let order = Array.length columns

        {
            Group = group
            Levels = levels
            Codes = codes
            Relationship = None
            Columns = columns
            Factor = RelativeFactor.create Structure.Unstructured order
            Form = None
            Transform = Array.init (order * order) (fun k -> if k % order = k / order then 1.0 else 0.0)
        }

    /// The model of these terms with p fixed effects and a response of noise.
    let model (random: Random) rows p terms weights : Standardised =
        let response = Array.init rows (fun _ -> normal random)

        let columns =
            Array.init p (fun c -> Array.init rows (fun _ -> if c = 0 then 1.0 else normal random))

        Standardised.ofColumns response columns terms weights

    let intercept rows = Array.create rows 1.0

    /// A slope's column.
    let slope random rows =
        Array.init rows (fun _ -> normal random)

    /// <summary>A model whose terms are chosen by chance, of factors that cross; weighted at times.</summary>
    /// <param name="seed">Makes it again.</param>
    /// <param name="rows">The least number of rows, and how many more there may be.</param>
    /// <param name="rowsPerLevel">How many rows a level has at least, on average.</param>
    /// <param name="columns">The largest number of columns of X.</param>
    /// <param name="choose">The terms, of two factors and of more if it asks for them.</param>
    let crossed seed rows rowsPerLevel columns choose : Standardised =
        let random = Random(seed: int)
        let rows = fst rows + random.Next(snd rows)
        let constant = intercept rows

        let factor () =
            let levels = 3 + random.Next(rows / rowsPerLevel)
            levels, Array.init rows (fun i -> if i < levels then i else random.Next levels)

        let termOf name (levels, codes) size =
            term name levels codes (Array.init size (fun s -> if s = 0 then constant else slope random rows))

        let g = factor ()
        let h = factor ()
        let terms = choose random termOf factor g h

        let weights =
            if random.Next 3 = 0 then
                Some(Array.init rows (fun _ -> 0.5 + random.NextDouble()))
            else
                None

        model random rows (1 + random.Next columns) terms weights

    /// Nested and crossed factors, one to four of them; vectors of effects; two terms of one factor; weights now and then.
    let any seed : Standardised =
        let random = Random(seed: int)
        let rows = 40 + random.Next 120

        let codes levels =
            Array.init rows (fun i -> if i < levels then i else random.Next levels)

        let ofG, ofH, ofK = 3 + random.Next 8, 3 + random.Next 6, 2 + random.Next 9
        let g, h, k = codes ofG, codes ofH, codes ofK

        let inner =
            Array.map2 (fun a b -> 3 * a + b) g (Array.init rows (fun _ -> random.Next 3))
        // Every level occurs at least once only for factors made by codes; empty ones of the nest do no harm.
        let columns size =
            Array.init size (fun s -> if s = 0 then intercept rows else slope random rows)

        let terms =
            match random.Next 8 with
            | 0 -> [ term "g" ofG g (columns 2) ]
            | 1 -> [ term "g" ofG g (columns 1); term "inner" (3 * ofG) inner (columns 2) ]
            | 2 -> [
                term "g" ofG g (columns 1)
                term "h" ofH h (columns 1)
                term "k" ofK k (columns 1)
              ]
            | 3 -> [
                term "g" ofG g (columns 2)
                term "h" ofH h (columns 3)
                term "k" ofK k (columns 1)
              ]
            | 4 -> [
                term "g" ofG g (columns 1)
                term "h" ofH h (columns 2)
                term "g" ofG g [| slope random rows |]
              ]
            | 5 -> [
                term "inner" (3 * ofG) inner (columns 1)
                term "g" ofG g (columns 2)
                term "h" ofH h (columns 1)
                term "k" ofK k (columns 2)
              ]
            | 6 -> []
            | _ -> [
                term "h" ofH h (columns 2)
                term "inner" (3 * ofG) inner (columns 2)
                term "h" ofH h (columns 1)
              ]

        let weights =
            if random.Next 3 = 0 then
                Some(Array.init rows (fun _ -> 0.5 + random.NextDouble()))
            else
                None

        model random rows (1 + random.Next 3) terms weights

    /// λ of every term: regular, or now and then singular or zero.
    let lambdas seed withSingular (model: Standardised) =
        let random = Random(seed + 1)

        model.Terms
        |> List.map (fun term ->
            let n = term.Factor.Order
            let shape = if withSingular then random.Next 3 else 0

            Array.init (n * n) (fun k ->
                let i, j = k % n, k / n

                if i < j || shape = 1 || (shape = 2 && j = n - 1) then 0.0
                elif i = j then 0.3 + random.NextDouble()
                else random.NextDouble() - 0.5))
        |> Array.ofList

    /// The free entries of all terms.
    let entries model = (ThetaLayout.create model).Entries

    /// What the solver asks of an engine at some λ.
    let evaluation reml (model: Standardised) (lambdas: float[][]) (engine: Engine) information : Evaluation =
        let layout = ThetaLayout.create model
        let origin = ImmutableArray.CreateRange(Seq.replicate layout.Parameters 0.0)

        CriterionFunction.evaluate
            reml
            None
            0.0
            (EngineVariance.create 0.0 model layout (EnginePool(fun () -> engine)))
            (ThetaLayout.withMatrices layout origin lambdas)
            (Order.Curvature information)
