export declare const compileCache: string;
